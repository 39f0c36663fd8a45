//! Reads its configuration as a type, and adds a greeting and tags to requests.
//!
//! The same configuration works from every provider of Traefik: files and labels turn all numbers and
//! lists into texts.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;

use http_wasm_sdk::prelude::*;

/// The configuration of the filter, and the filter.
#[derive(Config, Debug)]
pub struct TypedConfig {
    /// Whether the filter does anything.
    #[config(default = true)]
    enabled: bool,
    #[config(default = "hello")]
    greeting: String,
    #[config(default)]
    tags: Vec<String>,
    /// How many of the tags are sent.
    #[config(default = 10)]
    limit: u32,
}

#[handler]
impl TypedConfig {
    fn new(config: Self) -> Self {
        config
    }

    fn request(&mut self, request: &mut Request) -> Result<(), Error> {
        if !self.enabled {
            return Ok(());
        }
        let mut headers = request.headers_mut();
        headers.insert(name!("x-greeting"), HeaderValue::new(self.greeting.as_bytes())?);
        for tag in self.tags.iter().take(self.limit as usize) {
            headers.append(name!("x-tag"), HeaderValue::new(tag.as_bytes())?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn exchanges() {
        http_wasm_sdk::testing::replay::<super::TypedConfig>("exchanges.toml");
    }
}
