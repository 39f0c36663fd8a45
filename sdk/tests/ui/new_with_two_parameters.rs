use http_wasm_sdk::prelude::*;

struct Filter;

#[handler]
impl Filter {
    fn new(_config: u32, _more: u32) -> Self {
        Self
    }

    fn request(&self, _request: &mut Request) {}
}

fn main() {}
