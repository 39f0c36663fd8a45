use http_wasm_sdk::prelude::*;

#[derive(Default)]
struct Filter;

#[handler]
impl Filter {
    fn request(&self, _request: &mut Request) {}

    fn response(&self, request: &Request) {
        request.headers_mut().insert(name!("x-a"), value!("1"));
    }
}

fn main() {}
