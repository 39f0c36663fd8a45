use http_wasm_sdk::prelude::*;

#[handler]
fn filter() {}

fn main() {}
