//! Counts the requests of its life, and traps where the path says, deep in its stack and with things
//! borrowed.

use core::cell::RefCell;
use core::hint::black_box;

use http_wasm_sdk::prelude::*;

#[derive(Default)]
pub(crate) struct Recovering {
    served: RefCell<u32>,
}

/// The state: which request of the handler's life it was.
pub(crate) struct Token(u32);

#[handler]
impl Recovering {
    fn request(
        &mut self,
        request: &mut Request,
        mut reply: Reply<'_>,
    ) -> Result<Flow<Token>, Error> {
        let mut buffer = Buffer::<32>::new();
        let uri = request.uri(&mut buffer)?;
        let mut served = self.served.borrow_mut();
        *served += 1;
        let mut digits = [0; 20];
        reply
            .headers_mut()
            .insert(name!("x-served"), HeaderValue::from_u64((*served).into(), &mut digits));
        match uri.as_bytes() {
            b"/panic" => sink(),
            // A host without request buffering traps here.
            b"/host" => request
                .body_mut()
                .stream_without_buffering()
                .map(&mut Buffer::<16>::new(), |_| ())?,
            b"/stop" => {
                return Ok(Flow::Stop(reply.status(StatusCode::FORBIDDEN).end()));
            }
            _ => {}
        }
        Ok(Flow::Continue(Token(*served)))
    }

    fn response(&mut self, request: &Request, _response: &mut Response, token: Token) {
        let served = self.served.borrow_mut();
        let mut buffer = Buffer::<32>::new();
        if request.uri(&mut buffer).is_ok_and(|uri| uri.as_bytes() == b"/late") {
            sink();
        }
        log::info(if token.0 == *served { "mine" } else { "another's" });
    }
}

/// Panics with a frame of 16 KiB.
#[inline(never)]
fn sink() {
    let mut frame = [1_u8; 16 * 1024];
    assert!(black_box(&mut frame).iter().all(|byte| *byte == 0), "the path says so");
}
