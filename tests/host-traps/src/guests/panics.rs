//! Panics where the path says.

use http_wasm_sdk::prelude::*;

#[handler]
pub(crate) fn panics(request: &mut Request) -> Result<(), Error> {
    let mut buffer = Buffer::<32>::new();
    let uri = request.uri(&mut buffer)?;
    assert!(uri.as_bytes() != b"/panic", "the path says so, with {} bytes", uri.as_bytes().len());
    Ok(())
}
