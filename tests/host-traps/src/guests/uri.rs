//! Sets the URI that its configuration is, or strips the prefix `/host` where there is none.

use http_wasm_sdk::prelude::*;

#[handler]
pub(crate) fn uri(request: &mut Request) -> Result<(), Error> {
    let mut wanted = Buffer::<64>::new();
    match http_wasm_sdk::config::read(&mut wanted)? {
        [] => {
            let mut buffer = Buffer::<16>::new();
            let mut uri = request.uri(&mut buffer)?;
            if uri.strip_prefix("/host") {
                request.set_uri(&uri);
            }
        }
        wanted => request.set_uri(Uri::new(wanted)?),
    }
    Ok(())
}
