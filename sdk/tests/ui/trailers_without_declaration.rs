use http_wasm_sdk::prelude::*;

use http_wasm_sdk::Trailers;

#[handler]
fn filter(_request: &mut Request, _reply: Reply<'_>, _trailers: Option<Trailers<'_>>) {}

fn main() {}
