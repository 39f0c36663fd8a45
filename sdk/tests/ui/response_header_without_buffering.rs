use http_wasm_sdk::prelude::*;

#[derive(Default)]
struct Filter;

#[handler]
impl Filter {
    fn request(&self, _request: &mut Request) {}

    fn response(&self, _request: &Request, response: &mut Response) {
        response.headers_mut().insert(name!("x-a"), value!("1"));
    }
}

fn main() {}
