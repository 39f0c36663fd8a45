//! Adds a header to every request on its way to the next handler.
#![no_std]
#![forbid(unsafe_code)]

use http_wasm_sdk::prelude::*;

#[handler]
fn greet(request: &mut Request) {
    request.headers_mut().insert(name!("x-greeting"), value!("hello"));
}

#[cfg(test)]
mod tests {
    /// Runs the recorded exchanges natively; `cargo xtask test` also runs them on the built guest.
    #[test]
    fn exchanges() {
        http_wasm_sdk::testing::replay::<super::greet>("exchanges.toml");
    }
}
