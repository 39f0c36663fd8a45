use http_wasm_sdk::prelude::*;

#[derive(Config)]
struct Settings {
    #[config(default)]
    mode: Mode,
}

#[derive(Config)]
enum Mode {
    Off,
    On,
}

fn main() {}
