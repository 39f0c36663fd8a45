use http_wasm_sdk::prelude::*;

#[derive(Default)]
struct Response1;

#[handler(buffer_response)]
impl Response1 {
    fn request(&self, _request: &mut Request) {}

    fn respone(&self, _request: &Request, _response: &mut Response<Buffered>) {}
}

#[derive(Default)]
struct Response2;

#[handler]
impl Response2 {
    fn request(&self, _request: &mut Request) {}

    fn after(&self, _request: &Request, _response: &mut Response) {}
}

#[derive(Default)]
struct Request1;

#[handler]
impl Request1 {
    fn on_request(&self, _request: &mut Request) {}
}

#[derive(Default)]
struct New1;

#[handler]
impl New1 {
    fn create() -> Result<Self, Error> {
        Ok(Self)
    }

    fn request(&self, _request: &mut Request) {}
}

fn main() {}
