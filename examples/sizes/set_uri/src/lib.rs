//! Replaces the URI.
#![no_std]
#![forbid(unsafe_code)]

use http_wasm_sdk::prelude::*;

#[handler]
fn filter(request: &mut Request, reply: Reply<'_>) -> Responded {
    request.set_uri(uri!("/v1.0/hello?name=teddy"));
    reply.end()
}

#[cfg(test)]
mod tests {
    #[test]
    fn exchanges() {
        http_wasm_sdk::testing::replay::<super::filter>("exchanges.toml");
    }
}
