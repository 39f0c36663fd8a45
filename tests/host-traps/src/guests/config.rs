//! Keeps its configuration, and logs it; builds no handler where it is `bad`.

use http_wasm_sdk::prelude::*;

pub(crate) struct Greeter {
    len: usize,
    config: [u8; 16],
}

#[handler]
impl Greeter {
    fn new() -> Result<Self, Error> {
        log::info("built");
        let mut config = [0; 16];
        let len = match http_wasm_sdk::config::read(&mut config)? {
            b"bad" => return Err("the secret reason".into()),
            read => read.len(),
        };
        Ok(Self { len, config })
    }

    fn request(&self, _request: &mut Request) {
        let config = self.config.get(..self.len).and_then(|bytes| core::str::from_utf8(bytes).ok());
        log::info(match config {
            Some("") => "no configuration",
            Some(config) => config,
            None => "not a text",
        });
    }
}
