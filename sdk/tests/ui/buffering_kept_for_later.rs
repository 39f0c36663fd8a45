use http_wasm_sdk::prelude::*;

use http_wasm_sdk::DynamicBuffering;

#[derive(Default)]
struct Filter;

#[handler(buffer_response = "dynamic")]
impl Filter {
    fn request(&self, _request: &mut Request) {}

    fn response(&self, _request: &Request, response: &mut Response<DynamicBuffering>) {
        let kept = response.when_buffered(|response| response);
        drop(kept);
    }
}

fn main() {}
