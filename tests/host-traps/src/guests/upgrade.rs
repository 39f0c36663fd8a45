//! Buffers the responses of requests that ask for it, and marks those that it could.

use http_wasm_sdk::DynamicBuffering;
use http_wasm_sdk::prelude::*;

#[derive(Default)]
pub(crate) struct Choosy;

#[handler(buffer_response = "dynamic")]
impl Choosy {
    fn request(&self, request: &mut Request, mut reply: Reply<'_>) {
        if request.headers().contains(name!("x-mark")) && !reply.buffer_response(request) {
            log::info("not buffered");
        }
    }

    fn response(&self, _request: &Request, response: &mut Response<DynamicBuffering>) {
        response.when_buffered(|response| {
            response.headers_mut().insert(name!("x-marked"), value!("1"));
            response.body_mut().replace("marked")
        });
    }
}
