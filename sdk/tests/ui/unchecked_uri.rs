use http_wasm_sdk::prelude::*;

#[handler]
fn filter(request: &mut Request) {
    request.set_uri("health");
}

fn main() {}
