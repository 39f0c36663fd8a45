//! Sets a trailer of the response, where there are any.

use http_wasm_sdk::Trailers;
use http_wasm_sdk::prelude::*;

#[derive(Default)]
pub(crate) struct Summing;

#[handler(buffer_response, trailers)]
impl Summing {
    fn request(&self, _request: &mut Request, _reply: Reply<'_>, trailers: Option<Trailers<'_>>) {
        log::info(if trailers.is_some() { "trailers" } else { "no trailers" });
    }

    fn response(
        &self,
        _request: &Request,
        response: &mut Response<Buffered>,
        _state: (),
        trailers: Option<Trailers<'_, Buffered>>,
    ) {
        if let Some(mut trailers) = trailers {
            response.headers_mut().remove(known::CONTENT_LENGTH);
            trailers.response_mut().insert(name!("x-sum"), value!("42"));
        }
    }
}
