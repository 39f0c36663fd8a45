#[handler(bufer_response, trailers, trailers, fail_open = "yes")]
fn options(_request: &mut Request) {}

#[handler(buffer_response = "always", buffer_response)]
impl Values {
    fn request(&self, _request: &mut Request) {}

    fn response(&self) {}
}

#[handler(buffer_response)]
async fn everything<T>(self, _request: &mut Request<Buffered>, _reply: Reply<'_>, _more: T) {}

#[handler]
impl<T> Handler for Generic<T> {
    fn response(&self, _request: &mut Request<Buffered>, _response: &mut Response<DynamicBuffering>) {}
}

#[handler]
struct Filter;
