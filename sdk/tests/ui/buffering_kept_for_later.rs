use http_wasm_sdk::prelude::*;

use http_wasm_sdk::MaybeBuffered;

#[derive(Default)]
struct Filter;

#[handler(may_buffer_response)]
impl Filter {
    fn request(&self, _request: &mut Request) {}

    fn response(&self, _request: &Request, response: &mut Response<MaybeBuffered>) {
        let kept = response.when_buffered(|response| response);
        drop(kept);
    }
}

fn main() {}
