use http_wasm_sdk::prelude::*;

#[derive(Config)]
#[config(deny_unknown_fields)]
struct Settings {
    #[config(optional)]
    limit: u32,
    mode: Mode,
}

#[derive(Config)]
#[config(ignore_unknown)]
enum Mode {
    #[config(default)]
    Off,
}

fn main() {}
