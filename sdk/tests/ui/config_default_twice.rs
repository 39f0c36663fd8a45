use http_wasm_sdk::prelude::*;

#[derive(Config)]
struct Settings {
    #[config(default, default = 5)]
    limit: u32,
}

fn main() {}
