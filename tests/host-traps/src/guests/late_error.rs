//! Fails in the response hook, without buffering: the response cannot be changed then.

use http_wasm_sdk::prelude::*;

#[derive(Default)]
pub(crate) struct Late;

#[handler]
impl Late {
    fn request(&self, _request: &mut Request) {}

    fn response(&self, _request: &Request, _response: &mut Response) -> Result<(), Error> {
        Err("the secret reason".into())
    }
}
