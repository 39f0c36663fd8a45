#[handler(trailers)]
fn function(_request: &mut Request, reply: Reply<'_>, trailers: Option<Trailers<'_>>) {}

#[handler(trailers, buffer_response)]
impl Summing {
    fn request(&mut self, _request: &mut Request) {}

    fn response(
        &mut self,
        _request: &Request,
        response: &mut Response<Buffered>,
        state: (),
        trailers: Option<Trailers<'_, Buffered>>,
    ) {
    }
}
