use http_wasm_sdk::prelude::*;

#[derive(Config)]
enum Mode {}

fn main() {}
