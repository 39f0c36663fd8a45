use http_wasm_sdk::prelude::*;

#[handler]
fn filter(_request: &mut Request, reply: Reply<'_>) -> Responded {
    let body = reply.status(StatusCode::FORBIDDEN);
    reply.header(name!("x-a"), value!("1"));
    body.end()
}

fn main() {}
