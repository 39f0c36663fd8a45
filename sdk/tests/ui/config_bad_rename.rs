use http_wasm_sdk::prelude::*;

#[derive(Config)]
struct Settings {
    #[config(rename = "a,b")]
    first: u32,
    #[config(rename = "")]
    second: u32,
    #[config(rename = 5)]
    third: u32,
    __: u32,
}

fn main() {}
