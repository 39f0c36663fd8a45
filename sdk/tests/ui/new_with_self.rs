use http_wasm_sdk::prelude::*;

struct Filter;

#[handler]
impl Filter {
    fn new(&self) -> Self {
        Self
    }

    fn request(&self, _request: &mut Request) {}
}

fn main() {}
