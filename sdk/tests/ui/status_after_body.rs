use http_wasm_sdk::prelude::*;

#[handler]
fn filter(_request: &mut Request, reply: Reply<'_>) -> Responded {
    reply.body("hello").status(StatusCode::FORBIDDEN)
}

fn main() {}
