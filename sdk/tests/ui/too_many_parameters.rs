use http_wasm_sdk::prelude::*;

#[handler]
fn filter(_request: &mut Request, _reply: Reply<'_>, _more: u32) {}

fn main() {}
