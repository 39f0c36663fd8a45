//! Removes tracking (`utm_...`) from the query. All other bytes stay as the client sent them.
#![no_std]
#![forbid(unsafe_code)]

use http_wasm_sdk::prelude::*;

#[handler]
fn untracked(request: &mut Request) -> Result<(), Error> {
    let mut buffer = Buffer::<4096>::new();
    let mut uri = request.uri(&mut buffer)?;
    uri.retain_query(|pair| !pair.key.bytes().take(4).eq(*b"utm_"));
    request.set_uri(&uri);
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn exchanges() {
        http_wasm_sdk::testing::replay::<super::untracked>("exchanges.toml");
    }
}
