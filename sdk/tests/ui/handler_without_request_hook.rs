use http_wasm_sdk::prelude::*;

#[derive(Default)]
struct Filter;

#[handler]
impl Filter {
    fn response(&self, _request: &Request) {}
}

fn main() {}
