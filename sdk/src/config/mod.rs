//! Reads the configuration that the host hands to the guest, as a type of yours or as bytes.
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
//! - Numbers, `true` and `false` may be texts: `"5"`. Traefik turns all of them into texts.
//! - A list may be a text with commas between its items, `"1, 2"`, which is empty where the text is,
//!   and a single value is a list of one.
//! - An object without keys may be an empty text, which Traefik makes of one.
//! - `null` is the same as an absent value, and an absent object is one without keys: an empty
//!   configuration, `null` and `{}` are the same.
//!
//! It is strict about mistakes: a key that the type does not have, a key that is
//! given twice, and a key that is missing are errors, as is invalid JSON. Each names the place,
//! what was expected and what was found: `rules[2].code: expected a number, found "abc"`.
//!
//! [`derive@Config`](crate::Config) says what can be declared. A [`Map`] has keys that the user chooses, such as
//! names of headers. [`FromConfig`] is for types of other shapes.

mod float;
#[cfg(feature = "alloc")]
mod headers;
mod json;
#[cfg(feature = "alloc")]
mod list;
mod load;
#[cfg(feature = "alloc")]
mod map;
mod message;
mod number;
#[cfg(feature = "alloc")]
mod owned;
mod quantity;
mod types;
mod value;

#[cfg(feature = "alloc")]
pub use headers::{HeaderNameBuf, HeaderValueBuf};
pub use load::{load_in, read};
#[cfg(feature = "alloc")]
pub use map::{Map, MapIter};
#[cfg(feature = "alloc")]
#[doc(hidden)]
pub use owned::load_or_log;
#[cfg(feature = "alloc")]
pub use owned::{ConfigError, MAX_BYTES, from_bytes, load};
pub use quantity::ByteSize;
#[doc(hidden)]
pub use types::DefaultText;
pub use types::FromConfig;
#[doc(hidden)]
pub use value::Fields;
pub use value::{Invalid, Value};
