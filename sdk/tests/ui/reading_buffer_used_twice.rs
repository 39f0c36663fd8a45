use http_wasm_sdk::prelude::*;

#[handler]
fn filter(request: &mut Request) {
    let mut buffer = Buffer::<64>::new();
    let method = request.method(&mut buffer);
    let uri = request.uri(&mut buffer);
    drop((method, uri));
}

fn main() {}
