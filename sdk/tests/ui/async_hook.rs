use http_wasm_sdk::prelude::*;

#[handler]
async fn filter(_request: &mut Request) {}

fn main() {}
