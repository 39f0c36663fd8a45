use http_wasm_sdk::prelude::*;

struct Settings;

struct Filter;

#[handler]
impl Filter {
    fn new(_settings: Settings) -> Self {
        Self
    }

    fn request(&self, _request: &mut Request) {}
}

fn main() {}
