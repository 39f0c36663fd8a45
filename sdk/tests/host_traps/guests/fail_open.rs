//! Cannot be built, and lets requests go on without it.

use http_wasm_sdk::prelude::*;

pub(crate) struct Open;

#[handler(fail_open)]
impl Open {
    fn new() -> Result<Self, Error> {
        Err("the secret reason".into())
    }

    fn request(&self, request: &mut Request) {
        request.headers_mut().insert(name!("x-open"), value!("1"));
    }
}
