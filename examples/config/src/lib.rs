//! Answers every request with the configuration of the filter, as the host gives it.
#![no_std]
#![forbid(unsafe_code)]

use http_wasm_sdk::prelude::*;

#[handler]
fn config(_request: &mut Request, reply: Reply<'_>) -> Result<Sent, Error> {
    let mut buffer = Buffer::<4096>::new();
    let config = http_wasm_sdk::config::read(&mut buffer)?;
    Ok(reply.body(config))
}

#[cfg(test)]
mod tests {
    #[test]
    fn exchanges() {
        http_wasm_sdk::testing::replay::<super::config>("exchanges.toml");
    }
}
