use http_wasm_sdk::prelude::*;

const EMPTY: HeaderName = HeaderName::from_static("");

#[handler]
fn filter(request: &mut Request) {
    request.headers_mut().remove(EMPTY);
}

fn main() {}
