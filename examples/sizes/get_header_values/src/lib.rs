//! Reads the values of a header.
#![no_std]
#![forbid(unsafe_code)]

use http_wasm_sdk::prelude::*;

#[handler]
fn filter(request: &mut Request, reply: Reply<'_>) -> Responded {
    let _ = request.headers().get_all(known::ACCEPT, &mut Buffer::<64>::new());
    reply.end()
}

#[cfg(test)]
mod tests {
    #[test]
    fn exchanges() {
        http_wasm_sdk::testing::replay::<super::filter>("exchanges.toml");
    }
}
