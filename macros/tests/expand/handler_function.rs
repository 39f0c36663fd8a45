/// A request hook that forwards.
#[handler]
fn mark(request: &mut Request) {
    request.headers_mut().insert(name!("x-marked"), value!("1"));
}

#[handler]
pub(crate) fn door(_request: &mut Request, reply: Reply<'_>) -> Result<Option<Responded>, Error> {
    Ok(Some(reply.status(StatusCode::FORBIDDEN).end()))
}
