//! Logs each request and its response.
#![no_std]
#![forbid(unsafe_code)]

use http_wasm_sdk::prelude::*;

#[derive(Default)]
struct Log;

#[handler]
impl Log {
    fn request(&self, _request: &mut Request) {
        log::info("request");
    }

    fn response(&self, _request: &Request, response: &mut Response) {
        if response.is_error() {
            log::error("the next handler failed");
        } else {
            log::info("response");
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn exchanges() {
        http_wasm_sdk::testing::replay::<super::Log>("exchanges.toml");
    }
}
