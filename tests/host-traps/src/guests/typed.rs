//! Reads a configuration of any length as a value, and logs the greeting in it.

extern crate alloc;

use alloc::string::String;

use http_wasm_sdk::prelude::*;

#[derive(Config)]
struct Settings {
    greeting: String,
}

pub(crate) struct Typed(Settings);

#[handler]
impl Typed {
    fn new(settings: Settings) -> Self {
        Self(settings)
    }

    fn request(&self, _request: &mut Request) {
        log::info(&self.0.greeting);
    }
}
