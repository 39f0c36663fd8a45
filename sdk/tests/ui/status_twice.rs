use http_wasm_sdk::prelude::*;

#[handler]
fn filter(_request: &mut Request, reply: Reply<'_>) -> Responded {
    reply.status(StatusCode::FORBIDDEN);
    reply.status(StatusCode::OK).end()
}

fn main() {}
