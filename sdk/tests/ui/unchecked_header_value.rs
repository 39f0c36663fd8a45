use http_wasm_sdk::prelude::*;

#[handler]
fn filter(request: &mut Request) {
    request.headers_mut().insert(name!("x-a"), "unchecked");
}

fn main() {}
