use http_wasm_sdk::prelude::*;

#[handler]
fn filter(request: &mut Request) {
    request.headers_mut().insert(name!("x-a"), value!("a\r\nset-cookie: b"));
}

fn main() {}
