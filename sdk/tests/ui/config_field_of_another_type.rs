use std::collections::HashMap;

use http_wasm_sdk::prelude::*;

#[derive(Config)]
struct Settings {
    limit: u32,
    names: HashMap<String, String>,
}

fn main() {}
