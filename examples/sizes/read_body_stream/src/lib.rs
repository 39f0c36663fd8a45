//! Reads a request body to its end, 2 KiB at a time.
#![no_std]
#![forbid(unsafe_code)]

use http_wasm_sdk::prelude::*;

#[handler]
fn filter(request: &mut Request, reply: Reply<'_>) -> Responded {
    let _ = request.body_mut().stream_without_buffering().drain(&mut Buffer::<2048>::new());
    reply.end()
}

#[cfg(test)]
mod tests {
    #[test]
    fn exchanges() {
        http_wasm_sdk::testing::replay::<super::filter>("exchanges.toml");
    }
}
