use http_wasm_sdk::prelude::*;

#[handler]
fn filter(_request: &mut Request) -> u32 {
    1
}

fn main() {}
