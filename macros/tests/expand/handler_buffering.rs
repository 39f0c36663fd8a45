#[handler(buffer_request)]
fn upload(request: &mut Request<Buffered>) -> Result<(), Error> {
    Ok(())
}

#[handler(buffer_request, buffer_response)]
impl Both {
    fn request(&self, request: &mut Request<Buffered>) {}

    fn response(&self, request: &Request, response: &mut Response<Buffered>) {}
}

#[handler(buffer_response = "dynamic")]
impl Dynamic {
    fn request(&self, request: &mut Request, reply: Reply<'_>) {}

    fn response(&self, request: &Request, response: &mut Response<DynamicBuffering>) {}
}
