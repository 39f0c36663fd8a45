//! Adds a header to every response.
#![no_std]
#![forbid(unsafe_code)]

use http_wasm_sdk::prelude::*;

#[handler]
fn header(_request: &mut Request, mut reply: Reply<'_>) {
    reply.headers_mut().append(known::SET_COOKIE, value!("a=b"));
}

#[cfg(test)]
mod tests {
    #[test]
    fn exchanges() {
        http_wasm_sdk::testing::replay::<super::header>("exchanges.toml");
    }
}
