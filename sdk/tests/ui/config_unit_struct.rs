use http_wasm_sdk::prelude::*;

#[derive(Config)]
struct Settings;

fn main() {}
