use http_wasm_sdk::prelude::*;

#[derive(Config)]
struct Settings {
    #[config(default = true)]
    limit: u32,
    #[config(default = "5")]
    count: u32,
}

fn main() {}
