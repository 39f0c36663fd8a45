use http_wasm_sdk::prelude::*;

use http_wasm_sdk::{Trailers, Unbuffered};

#[derive(Default)]
struct Filter;

#[handler(trailers)]
impl Filter {
    fn request(&self, _request: &mut Request) {}

    fn response(&self, _: &Request, _: &mut Response, _: (), trailers: Option<Trailers<'_, Unbuffered>>) {
        if let Some(mut trailers) = trailers {
            trailers.response_mut().insert(name!("x-a"), value!("1"));
        }
    }
}

fn main() {}
