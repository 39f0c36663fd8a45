//! Logs who the client is.

use http_wasm_sdk::prelude::*;

#[handler]
pub(crate) fn source_addr(request: &mut Request) -> Result<(), Error> {
    let mut buffer = Buffer::<64>::new();
    let address = request.source_addr(&mut buffer)?;
    log::info(core::str::from_utf8(address).unwrap_or("not a text"));
    Ok(())
}
