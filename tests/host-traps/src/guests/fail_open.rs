//! Cannot be built, and passes requests through.

use http_wasm_sdk::prelude::*;

pub(crate) struct Open;

#[handler(fail_open)]
impl Open {
    fn new() -> Result<Self, Error> {
        let mut config = Buffer::<8>::new();
        match http_wasm_sdk::config::read(&mut config)? {
            b"good" => Ok(Self),
            _ => Err("the secret reason".into()),
        }
    }

    fn request(&self, request: &mut Request) {
        request.headers_mut().insert(name!("x-open"), value!("1"));
    }

    fn response(&self, _request: &Request, _response: &mut Response) {
        log::info("both hooks");
    }
}
