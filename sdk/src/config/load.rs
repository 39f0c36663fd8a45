//! Reads the configuration into a buffer of the caller.

use super::message::Message;
use super::types::FromConfig;
use super::value::{Invalid, Value};
use crate::backend;
use crate::buffer::{ReadBuffer, SealedToken};
use crate::error::{BufferTooSmall, Error};

/// Reads the bytes of the configuration; none where there is no configuration.
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
pub fn read(buffer: &mut (impl ReadBuffer + ?Sized)) -> Result<&[u8], BufferTooSmall> {
    backend::config(buffer.lend(SealedToken)).map(|bytes| &*bytes)
}

/// Reads the configuration as a value, in a buffer of yours: for guests without an allocator. ABI:
/// `get_config`, and `log` where it fails.
///
/// # Errors
/// Where it does not fit into `buffer`, is not JSON, or not what `T` expects. The message is logged
/// at once.
pub fn load_in<T: FromConfig>(buffer: &mut (impl ReadBuffer + ?Sized)) -> Result<T, Error> {
    let document = backend::config(buffer.lend(SealedToken))?;
    let mut message = Message::new();
    message.begin();
    parse(document, &mut message).map_err(|_| logged(&mut message))
}

/// Reads a document, which is overwritten.
pub(super) fn parse<T: FromConfig>(
    document: &mut [u8],
    message: &mut Message,
) -> Result<T, Invalid> {
    T::from_config(&mut Value::document(document, message)?)
}

/// Writes the message to the log.
pub(super) fn logged(message: &mut Message) -> Error {
    crate::log::error(message.finish());
    Error::logged()
}
