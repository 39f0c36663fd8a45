use http_wasm_sdk::prelude::*;

#[derive(Default)]
struct Always;

#[handler(buffer_response)]
impl Always {
    fn request(&self, _request: &mut Request) {}
}

#[derive(Default)]
struct Dynamic;

#[handler(buffer_response = "dynamic")]
impl Dynamic {
    fn request(&self, _request: &mut Request) {}
}

fn main() {}
