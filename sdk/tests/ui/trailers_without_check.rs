use http_wasm_sdk::prelude::*;

use http_wasm_sdk::Trailers;

#[handler(trailers)]
fn filter(_request: &mut Request, _reply: Reply<'_>, trailers: Option<Trailers<'_>>) {
    trailers.request_mut().insert(name!("x-a"), value!("1"));
}

fn main() {}
