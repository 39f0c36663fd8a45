//! Reads a request body that fits into 2 KiB, and fails where there is none.
#![no_std]
#![forbid(unsafe_code)]

use http_wasm_sdk::prelude::*;

#[handler]
fn filter(request: &mut Request, reply: Reply<'_>) -> Responded {
    let mut buffer = Buffer::<2048>::new();
    let mut body = request.body_mut().stream_without_buffering();
    let bytes = body.read(&mut buffer);
    assert!(bytes.is_some_and(|bytes| !bytes.is_empty()) && body.is_end());
    reply.end()
}

#[cfg(test)]
mod tests {
    #[test]
    fn exchanges() {
        http_wasm_sdk::testing::replay::<super::filter>("exchanges.toml");
    }
}
