use http_wasm_sdk::prelude::*;

struct Filter;

#[handler]
impl Default for Filter {
    fn default() -> Self {
        Self
    }
}

fn main() {}
