use http_wasm_sdk::prelude::*;

#[derive(Default)]
struct Filter;

#[handler(buffer_request)]
impl Filter {
    fn request(&self, _request: &mut Request<Buffered>) {}

    fn response(&self, _request: &Request<Buffered>) {}
}

fn main() {}
