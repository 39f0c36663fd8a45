use http_wasm_sdk::prelude::*;

#[handler]
fn filter(_request: &mut Request) -> Flow {
    Flow::Stop
}

fn main() {}
