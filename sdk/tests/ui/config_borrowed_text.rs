use http_wasm_sdk::prelude::*;

#[derive(Config)]
struct Settings {
    name: &'static str,
}

fn main() {}
