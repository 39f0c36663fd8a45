//! The configuration that the host hands to the guest: as a type of yours, or as bytes.
//!
//! ```
//! use http_wasm_sdk::prelude::*;
//! use core::time::Duration;
//!
//! #[derive(Config)]
//! struct Settings {
//!     tags: Vec<String>,
//!     #[config(default = Duration::from_secs(60))]
//!     max_age: Duration,
//! }
//!
//! struct Tags(Settings);
//!
//! #[handler]
//! impl Tags {
//!     fn new(settings: Settings) -> Self {
//!         Self(settings)
//!     }
//!
//!     fn request(&mut self, request: &mut Request) -> Result<(), Error> {
//!         let mut digits = [0; 20];
//!         let max_age = HeaderValue::from_u64(self.0.max_age.as_secs(), &mut digits);
//!         request.headers_mut().insert(name!("x-max-age"), max_age);
//!         for tag in &self.0.tags {
//!             request.headers_mut().append(name!("x-tag"), HeaderValue::new(tag.as_bytes())?);
//!         }
//!         Ok(())
//!     }
//! }
//!
//! // In a test, natively:
//! use http_wasm_sdk::testing::{self, Scenario};
//!
//! let outcome = testing::run::<Tags>(&Scenario::get("/").config(r#"{"tags": "a, b", "maxAge": "5m"}"#));
//! assert_eq!(outcome.upstream_header("x-max-age"), Some("300"));
//! let outcome = testing::run::<Tags>(&Scenario::get("/").config(r#"{"tags": "a", "maxAge": 300}"#));
//! assert_eq!(outcome.status(), 500);
//! assert_eq!(
//!     outcome.logs[0].message,
//!     "config: max_age: expected a duration with units, such as 5s or 1m30s, found 300"
//! );
//! ```
//!
//! The configuration is JSON, and is read leniently, since proxies change it on the way:
//!
//! - Keys match without regard to case, `_`, `-` and blanks: `maxBytes` is `max_bytes`.
//! - Numbers, `true` and `false` may be texts: `"5"`. Traefik makes texts of all of them.
//! - A list may be a text with commas between its items, `"1, 2"`, which is empty where the text is,
//!   and a single value is a list of one.
//! - `null` is the same as an absent value, and an absent object is one without keys: an empty
//!   configuration, `null` and `{}` are the same.
//!
//! It is strict about mistakes: a key that the type does not have, a key that is
//! given twice, and a key that is missing are errors, as is what is no JSON. Each names the place,
//! what was wanted and what was found: `rules[2].code: expected a number, found "abc"`.
//!
//! [`derive@Config`](crate::Config) says what can be declared; [`FromConfig`] is for types of other
//! shapes.

mod float;
mod json;
#[cfg(feature = "alloc")]
mod list;
mod message;
mod number;
mod quantity;
mod types;
mod value;

use crate::backend;
use crate::buffer::{ReadBuffer, SealedToken};
use crate::error::{BufferTooSmall, Error};

use message::Message;
pub use quantity::ByteSize;
#[doc(hidden)]
pub use types::DefaultText;
pub use types::FromConfig;
#[doc(hidden)]
pub use value::Fields;
pub use value::{Invalid, Value};

#[cfg(feature = "alloc")]
mod owned;
#[cfg(feature = "alloc")]
#[doc(hidden)]
pub use owned::load_or_log;
#[cfg(feature = "alloc")]
pub use owned::{ConfigError, MAX_BYTES, from_bytes, load};

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
pub fn read(buffer: &mut (impl ReadBuffer + ?Sized)) -> Result<&[u8], BufferTooSmall> {
    backend::config(buffer.lend(SealedToken)).map(|bytes| &*bytes)
}

/// Reads the configuration as a value, in a buffer of yours: for guests without an allocator. ABI:
/// `get_config`, and `log` where it fails.
///
/// # Errors
/// Where it does not fit into `buffer`, is no JSON, or not what `T` wants. The message is in the log
/// at once.
pub fn load_in<T: FromConfig>(buffer: &mut (impl ReadBuffer + ?Sized)) -> Result<T, Error> {
    let document = backend::config(buffer.lend(SealedToken))?;
    let mut message = Message::new();
    message.begin();
    parse(document, &mut message).map_err(|_| logged(&mut message))
}

/// Reads a document, which is overwritten.
fn parse<T: FromConfig>(document: &mut [u8], message: &mut Message) -> Result<T, Invalid> {
    T::from_config(&mut Value::document(document, message)?)
}

/// Writes the message to the log.
fn logged(message: &mut Message) -> Error {
    crate::log::error(message.finish());
    Error::logged()
}
