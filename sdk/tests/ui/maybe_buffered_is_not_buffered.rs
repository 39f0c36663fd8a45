use http_wasm_sdk::prelude::*;

use http_wasm_sdk::MaybeBuffered;

#[derive(Default)]
struct Filter;

#[handler(may_buffer_response)]
impl Filter {
    fn request(&self, request: &mut Request, mut reply: Reply<'_>) {
        reply.buffer_response(request);
    }

    fn response(&self, _request: &Request, response: &mut Response<MaybeBuffered>) {
        response.set_status(StatusCode::OK);
    }
}

fn main() {}
