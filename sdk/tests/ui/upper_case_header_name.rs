use http_wasm_sdk::prelude::*;

#[handler]
fn filter(request: &mut Request) {
    request.headers_mut().insert(name!("X-Tenant"), value!("1"));
}

fn main() {}
