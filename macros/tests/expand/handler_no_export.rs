#[handler(no_export)]
fn first(_request: &mut Request) {}

#[handler(no_export, trailers)]
impl Second {
    fn request(&self, _request: &mut Request) {}
}
