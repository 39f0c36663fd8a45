use http_wasm_sdk::prelude::*;

#[handler(buffer_request)]
fn filter(request: &mut Request) {
    let _ = request.body_mut().replace("another");
}

fn main() {}
