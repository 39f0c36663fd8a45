use http_wasm_sdk::prelude::*;

#[handler(buffer_responses)]
fn filter(_request: &mut Request) {}

fn main() {}
