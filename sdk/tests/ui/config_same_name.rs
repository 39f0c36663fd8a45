use http_wasm_sdk::prelude::*;

#[derive(Config)]
struct Settings {
    max_bytes: u32,
    #[config(rename = "maxBytes")]
    other: u32,
}

fn main() {}
