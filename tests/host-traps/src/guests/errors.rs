//! Fails where the path says, with the response buffered.

use http_wasm_sdk::prelude::*;

#[derive(Default)]
pub(crate) struct Failing;

#[handler(buffer_response)]
impl Failing {
    fn request(&self, request: &mut Request) -> Result<(), Error> {
        fail_at(request, b"/request")
    }

    fn response(&self, request: &Request, response: &mut Response<Buffered>) -> Result<(), Error> {
        log::info(if response.is_error() { "the next handler failed" } else { "it responded" });
        fail_at(request, b"/response")?;
        if fail_at(request, b"/written").is_err() {
            response.body_mut().replace("half of the ans")?;
            return Err("the secret reason".into());
        }
        Ok(())
    }
}

fn fail_at(request: &Request, place: &[u8]) -> Result<(), Error> {
    let mut buffer = Buffer::<32>::new();
    if request.uri(&mut buffer)?.as_bytes() == place {
        Err("the secret reason".into())
    } else {
        Ok(())
    }
}
