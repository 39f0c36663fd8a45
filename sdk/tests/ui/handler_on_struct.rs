use http_wasm_sdk::prelude::*;

#[handler]
struct Filter;

fn main() {}
