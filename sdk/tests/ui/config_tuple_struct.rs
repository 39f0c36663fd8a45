use http_wasm_sdk::prelude::*;

#[derive(Config)]
struct Settings(u32, u32);

fn main() {}
