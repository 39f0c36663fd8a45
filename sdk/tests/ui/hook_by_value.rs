use http_wasm_sdk::prelude::*;

#[derive(Default)]
struct Filter;

#[handler]
impl Filter {
    fn request(self, _request: &mut Request) {}
}

fn main() {}
