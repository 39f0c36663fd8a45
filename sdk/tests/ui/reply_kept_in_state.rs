use http_wasm_sdk::prelude::*;

#[derive(Default)]
struct Filter;

#[handler]
impl Filter {
    fn request(&self, _request: &mut Request, reply: Reply<'_>) -> Flow<Reply<'static>> {
        Flow::Continue(reply)
    }

    fn response(&self, _request: &Request, _response: &mut Response, _state: Reply<'static>) {}
}

fn main() {}
