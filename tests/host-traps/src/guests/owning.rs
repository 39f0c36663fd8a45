//! Owns memory, allocates more for each request, and traps where the path says.

extern crate alloc;

use alloc::vec::Vec;

use http_wasm_sdk::prelude::*;

pub(crate) struct Owning(Vec<u8>);

impl Default for Owning {
    fn default() -> Self {
        Self(Vec::from([7; 1024]))
    }
}

#[handler]
impl Owning {
    fn request(&mut self, request: &mut Request) -> Result<Flow<Vec<u8>>, Error> {
        let mut buffer = Buffer::<32>::new();
        let uri = request.uri(&mut buffer)?;
        let state = self.0.clone();
        assert!(uri.as_bytes() != b"/panic" && state == self.0, "the path says so");
        Ok(Flow::Continue(state))
    }

    fn response(&mut self, _request: &Request, _response: &mut Response, state: Vec<u8>) {
        log::info(if state == self.0 { "as it was" } else { "changed" });
    }
}
