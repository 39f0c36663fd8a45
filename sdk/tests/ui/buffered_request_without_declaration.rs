use http_wasm_sdk::prelude::*;

#[handler]
fn filter(request: &mut Request<Buffered>) {
    let _ = request.body_mut().read_all(&mut Buffer::<64>::new());
}

fn main() {}
