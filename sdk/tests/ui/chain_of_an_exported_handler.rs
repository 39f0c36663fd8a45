use http_wasm_sdk::prelude::*;

#[handler]
fn first(_request: &mut Request) {}

#[handler(no_export)]
fn second(_request: &mut Request) {}

http_wasm_sdk::chain!(Filter = second, first);

fn main() {}
