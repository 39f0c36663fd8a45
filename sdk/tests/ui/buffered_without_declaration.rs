use http_wasm_sdk::prelude::*;

#[derive(Default)]
struct Filter;

#[handler]
impl Filter {
    fn request(&self, _request: &mut Request) {}

    fn response(&self, _request: &Request, response: &mut Response<Buffered>) {
        response.set_status(StatusCode::OK);
    }
}

fn main() {}
