use http_wasm_sdk::prelude::*;

use http_wasm_sdk::DynamicBuffering;

#[derive(Default)]
struct Filter;

#[handler(buffer_response = "dynamic")]
impl Filter {
    fn request(&self, request: &mut Request, mut reply: Reply<'_>) {
        reply.buffer_response(request);
    }

    fn response(&self, _request: &Request, response: &mut Response<DynamicBuffering>) {
        response.set_status(StatusCode::OK);
    }
}

fn main() {}
