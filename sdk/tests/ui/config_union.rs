use http_wasm_sdk::prelude::*;

#[derive(Config)]
union Settings {
    number: u32,
    float: f32,
}

fn main() {}
