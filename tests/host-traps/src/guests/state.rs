//! Hands over a state that logs when it is dropped.

use http_wasm_sdk::prelude::*;

#[derive(Default)]
pub(crate) struct Keeper {
    requests: u32,
}

/// The state: the number of the request.
pub(crate) struct Token(u32);

impl Drop for Token {
    fn drop(&mut self) {
        log::info("dropped");
    }
}

#[handler]
impl Keeper {
    fn request(&mut self, request: &mut Request, reply: Reply<'_>) -> Result<Flow<Token>, Error> {
        self.requests += 1;
        let token = Token(self.requests);
        let mut buffer = Buffer::<32>::new();
        match request.uri(&mut buffer)?.as_bytes() {
            b"/stop" => Ok(Flow::Stop(reply.status(StatusCode::FORBIDDEN).end())),
            b"/error" => Err("the path says so".into()),
            b"/panic" => panic!("the path says so"),
            _ => Ok(Flow::Continue(token)),
        }
    }

    fn response(&mut self, request: &Request, _response: &mut Response, token: Token) {
        log::info(if token.0 == self.requests { "mine" } else { "another's" });
        let mut buffer = Buffer::<32>::new();
        if request.uri(&mut buffer).is_ok_and(|uri| uri.as_bytes() == b"/late_panic") {
            panic!("the path says so");
        }
    }
}
