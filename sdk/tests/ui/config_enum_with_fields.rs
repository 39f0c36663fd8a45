use http_wasm_sdk::prelude::*;

#[derive(Config)]
enum Mode {
    Off,
    After(u32),
    Between { first: u32, last: u32 },
}

fn main() {}
