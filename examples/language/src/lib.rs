//! Tells the next handler which of the languages that it serves the client names first, with the
//! standard library: a filter for `wasm32-wasip1`.
#![forbid(unsafe_code)]

use std::collections::HashSet;
use std::sync::LazyLock;

use http_wasm_sdk::prelude::*;

const DEFAULT: &str = "en";
static SERVED: LazyLock<HashSet<&str>> = LazyLock::new(|| HashSet::from(["de", DEFAULT, "fr"]));

#[handler]
fn language(request: &mut Request) -> Result<(), Error> {
    let mut buffer = Buffer::<256>::new();
    let accepted = request.headers().get(known::ACCEPT_LANGUAGE, &mut buffer)?;
    let accepted = accepted.map(|value| String::from_utf8_lossy(value.as_bytes()).to_lowercase());
    let language = accepted.as_deref().and_then(preferred).unwrap_or(DEFAULT);
    request.headers_mut().insert(name!("x-language"), HeaderValue::new(language.as_bytes())?);
    Ok(())
}

/// The first language of the list that is served, without its region and weight.
fn preferred(accepted: &str) -> Option<&str> {
    accepted
        .split(',')
        .filter_map(|range| range.split([';', '-']).next())
        .map(str::trim)
        .find(|language| SERVED.contains(language))
}

#[cfg(test)]
mod tests {
    #[test]
    fn exchanges() {
        http_wasm_sdk::testing::replay::<super::language>("exchanges.toml");
    }
}
