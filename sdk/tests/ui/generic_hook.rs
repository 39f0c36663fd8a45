use http_wasm_sdk::prelude::*;

#[handler]
fn filter<T>(_request: &mut Request) {}

fn main() {}
