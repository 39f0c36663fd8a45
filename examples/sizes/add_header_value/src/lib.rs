//! Appends to a header of the response.
#![no_std]
#![forbid(unsafe_code)]

use http_wasm_sdk::prelude::*;

#[handler]
fn filter(_request: &mut Request, mut reply: Reply<'_>) -> Responded {
    reply.headers_mut().append(known::SET_COOKIE, value!("a=b"));
    reply.end()
}

#[cfg(test)]
mod tests {
    #[test]
    fn exchanges() {
        http_wasm_sdk::testing::replay::<super::filter>("exchanges.toml");
    }
}
