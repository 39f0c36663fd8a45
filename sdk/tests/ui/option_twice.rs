use http_wasm_sdk::prelude::*;

#[derive(Default)]
struct Filter;

#[handler(buffer_response, buffer_response)]
impl Filter {
    fn request(&self, _request: &mut Request) {}

    fn response(&self, _request: &Request) {}
}

fn main() {}
