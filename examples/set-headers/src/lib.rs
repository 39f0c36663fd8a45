//! Sets the headers of requests that the configuration names, as the demo plugin of Traefik does.
#![no_std]
#![forbid(unsafe_code)]

use http_wasm_sdk::config::{HeaderNameBuf, HeaderValueBuf, Map};
use http_wasm_sdk::prelude::*;

#[derive(Config)]
struct SetHeaders {
    headers: Map<HeaderNameBuf, HeaderValueBuf>,
}

#[handler]
impl SetHeaders {
    fn new(settings: Self) -> Self {
        settings
    }

    fn request(&mut self, request: &mut Request) {
        for (name, value) in &self.headers {
            request.headers_mut().insert(name.as_name(), value.as_value());
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn exchanges() {
        http_wasm_sdk::testing::replay::<super::SetHeaders>("exchanges.toml");
    }
}
