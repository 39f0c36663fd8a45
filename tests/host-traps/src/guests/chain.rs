//! Two handlers in one guest: the first buffers responses, the second does not declare that.

use http_wasm_sdk::prelude::*;

#[derive(Default)]
pub(crate) struct First;

#[handler(no_export, buffer_response)]
impl First {
    fn request(&self, request: &mut Request) -> Result<Flow<u8>, Error> {
        log::info("first, request");
        fail_at(request, b"/first")?;
        Ok(Flow::Continue(1))
    }

    fn response(
        &self,
        _request: &Request,
        response: &mut Response<Buffered>,
        state: u8,
    ) -> Result<(), Error> {
        log::info(if state == 1 { "first, response" } else { "first, another's state" });
        response.set_status(StatusCode::ACCEPTED);
        response.body_mut().replace("by the first")?;
        Ok(())
    }
}

#[derive(Default)]
pub(crate) struct Second;

#[handler(no_export)]
impl Second {
    fn request(&self, request: &mut Request, reply: Reply<'_>) -> Result<Flow<u8>, Error> {
        log::info("second, request");
        fail_at(request, b"/second")?;
        if fail_at(request, b"/stop").is_err() {
            return Ok(Flow::Stop(reply.status(StatusCode::FORBIDDEN).end()));
        }
        Ok(Flow::Continue(2))
    }

    fn response(
        &self,
        request: &Request,
        _response: &mut Response,
        state: u8,
    ) -> Result<(), Error> {
        log::info(if state == 2 { "second, response" } else { "second, another's state" });
        fail_at(request, b"/late")
    }
}

http_wasm_sdk::chain!(pub(crate) Chain = First, Second);

fn fail_at(request: &Request, place: &[u8]) -> Result<(), Error> {
    let mut buffer = Buffer::<32>::new();
    if request.uri(&mut buffer)?.as_bytes() == place {
        Err("the secret reason".into())
    } else {
        Ok(())
    }
}
