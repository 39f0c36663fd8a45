use http_wasm_sdk::prelude::*;

#[handler]
fn filter(_request: &mut Response) {}

fn main() {}
