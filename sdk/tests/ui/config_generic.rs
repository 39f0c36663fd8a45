use http_wasm_sdk::prelude::*;

#[derive(Config)]
struct Settings<T> {
    limit: T,
}

fn main() {}
