//! The configuration that the host hands to the guest, as bytes.

use crate::buffer::{Internal, Scratch};
use crate::error::TooLong;
use crate::raw;

/// Reads the configuration: whatever bytes the host was given, none where there is no configuration.
///
/// Traefik hands over the options of the plugin as a JSON object, `{}` or `null` where there are
/// none; Dapr a text as it stands; other hosts any bytes. ABI: `get_config`, at any time.
///
/// ```
/// use http_wasm_sdk::prelude::*;
///
/// #[handler]
/// fn motto(_request: &mut Request, mut reply: Reply<'_>) -> Result<(), Error> {
///     let mut buffer = Buffer::<64>::new();
///     let motto = HeaderValue::new(http_wasm_sdk::config::read(&mut buffer)?)?;
///     reply.headers_mut().insert(name!("x-motto"), motto);
///     Ok(())
/// }
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # let outcome = testing::run::<motto>(&Scenario::get("/").config("festina lente"));
/// # assert_eq!(outcome.response_header("x-motto"), Some("festina lente"));
/// # assert_eq!(testing::run::<motto>(&Scenario::get("/").config("two\nlines")).status(), 500);
/// ```
///
/// # Errors
/// Where it does not fit into `buffer`.
#[inline]
pub fn read(buffer: &mut (impl Scratch + ?Sized)) -> Result<&[u8], TooLong> {
    raw::config(buffer.lend(Internal)).map(|bytes| &*bytes)
}
