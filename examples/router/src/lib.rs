//! Forwards requests below `/host` without that prefix, and responds to all others itself.
#![no_std]
#![forbid(unsafe_code)]

use http_wasm_sdk::prelude::*;

#[handler]
fn router(request: &mut Request, reply: Reply<'_>) -> Option<Responded> {
    let mut buffer = Buffer::<1024>::new();
    if let Ok(mut uri) = request.uri(&mut buffer)
        && uri.strip_prefix("/host")
    {
        request.set_uri(&uri);
        return None;
    }
    Some(reply.header(known::CONTENT_TYPE, value!("text/plain")).body("hello"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn exchanges() {
        http_wasm_sdk::testing::replay::<super::router>("exchanges.toml");
    }
}
