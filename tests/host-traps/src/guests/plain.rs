//! Does nothing.

use http_wasm_sdk::prelude::*;

#[handler]
pub(crate) fn plain(_request: &mut Request) {}
