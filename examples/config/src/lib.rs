//! Responds to every request with the configuration of the filter, as the host gives it.
#![no_std]
#![forbid(unsafe_code)]

use http_wasm_sdk::prelude::*;

#[handler]
fn config(_request: &mut Request, reply: Reply<'_>) -> Responded {
    match http_wasm_sdk::config::read(&mut Buffer::<4096>::new()) {
        Ok(config) => reply.body(config),
        Err(_) => reply.status(StatusCode::INTERNAL_SERVER_ERROR).end(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn exchanges() {
        http_wasm_sdk::testing::replay::<super::config>("exchanges.toml");
    }
}
