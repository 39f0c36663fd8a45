//! Sends a number through the host: the first 32 bits of the query, in hexadecimal digits.

use http_wasm_sdk::Ctx;
use http_wasm_sdk::prelude::*;

#[derive(Default)]
pub(crate) struct Courier;

#[handler]
impl Courier {
    fn request(&self, request: &mut Request) -> Flow<Ctx> {
        Flow::Continue(Ctx(number(request)))
    }

    fn response(&self, request: &Request, _response: &mut Response, ctx: Ctx) {
        log::info(if ctx.0 == number(request) { "the same" } else { "another" });
    }
}

fn number(request: &Request) -> u32 {
    let mut buffer = Buffer::<32>::new();
    request
        .uri(&mut buffer)
        .ok()
        .and_then(|uri| {
            core::str::from_utf8(uri.query()?).ok().map(|hex| u32::from_str_radix(hex, 16))
        })
        .and_then(Result::ok)
        .unwrap_or(1)
}
