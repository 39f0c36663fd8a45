use http_wasm_sdk::prelude::*;

#[derive(Default)]
struct Filter;

#[handler]
impl Filter {
    fn request(&self, _request: &mut Request) {}

    fn response(&self, request: &Request) {
        let _ = request.body_mut().replace("too late");
    }
}

fn main() {}
