use http_wasm_sdk::prelude::*;

#[handler(buffer_response)]
fn filter(_request: &mut Request) {}

fn main() {}
