//! Write HTTP middleware as WebAssembly guests of the `http_handler` ABI: small, and safe for the
//! proxy that loads them.
//!
//! What compiles against this crate does not trap its host: what real hosts would trap on does not
//! compile, or is checked and an error, and what they get wrong is corrected inside the guest. A guest
//! contains only what the filter uses; the smallest are below 150 bytes.
//!
//! # A filter
//!
//! ```
//! use http_wasm_sdk::prelude::*;
//!
//! /// Forwards only requests with the right word.
//! #[handler]
//! fn door(request: &mut Request, reply: Reply<'_>) -> Option<Responded> {
//!     let mut buffer = Buffer::<64>::new();
//!     match request.headers().get_one(name!("x-word"), &mut buffer) {
//!         Ok(Some(word)) if word == "friend" => None,
//!         _ => Some(reply.status(StatusCode::FORBIDDEN).body("say the word\n")),
//!     }
//! }
//!
//! // In a test, natively:
//! use http_wasm_sdk::testing::{self, Scenario};
//!
//! let outcome = testing::run::<door>(&Scenario::get("/"));
//! assert_eq!((outcome.status(), outcome.response_text()), (403, "say the word\n"));
//! let outcome = testing::run::<door>(&Scenario::get("/").header("x-word", "friend"));
//! assert_eq!(outcome.status(), 200);
//! ```
//!
//! The crate of a filter is `#![no_std]` and a `cdylib`; `cargo xtask new` writes one that builds,
//! tests and passes the checks of `cargo xtask check`. The guest is built for `wasm32v1-none`.
//!
//! # Two hooks
//!
//! [`#[handler]`](macro@handler) goes on a function, which is the request hook, or on an `impl`
//! block with the functions `request` and, if need be, `response` and `new`. The host calls the
//! request hook before the next handler, and the response hook after it.
//!
//! - **The request hook** gets `&mut Request`, which can be changed, and a [`Reply`], which responds
//!   instead of the next handler: headers first, then the status, then the body, as that is the one order
//!   that works on every host. The hook returns what the reply ends in; `()` or `None` forwards.
//!   [`IntoFlow`] lists what may be returned.
//! - **The response hook** gets `&Request`, to be read, and `&mut Response`. Of a streamed response only
//!   the headers can be read; one that the host buffers, by `#[handler(buffer_response)]`, can be
//!   changed as a whole: see [`Response`].
//!
//! Parameters that a hook does not need can be left off at the end. [`chain!`] makes one guest of
//! several handlers.
//!
//! # Reading
//!
//! Everything is read into a buffer that you lend: a [`Buffer`] on the stack, an array or a slice. Its
//! length is the cap. A longer value is the error [`BufferTooSmall`] and never cut, so that a client
//! cannot make you decide on half of what it sent.
//!
//! [`Method`], [`Uri`], [`Version`], [`StatusCode`], [`HeaderName`] and [`HeaderValue`] are those
//! of the crate `http`, but borrow their bytes, and are valid for every host.
//! [`name!`], [`value!`] and [`uri!`] make constants that the compiler checks; [`known`] has the usual
//! names. [`Uri`] has segments and query pairs decoded, [`UriBuilder`] writes them encoded;
//! [`RequestUri::retain_query`] and [`UriBuilder::pairs`] change single pairs, and leave the bytes of all others.
//!
//! # Bodies
//!
//! [`Request::body_mut`] gives a [`RequestBody`], which can be replaced, and read where the handler
//! declares `#[handler(buffer_request)]` and takes `&mut Request<Buffered>`: whole up to a cap
//! (`read_all`), or chunk by chunk (`for_each`, `map`). What is read is also forwarded, as hosts would lose
//! it. A length that the client declared cannot change. The [`ResponseBody`] of a buffered response can be read, mapped and
//! replaced, and then loses the `content-length` that no longer holds.
//!
//! # State
//!
//! - **For the instance**: the handler itself. `new` (or `Default`) builds it at the first request; an
//!   `impl` handler may take `&mut self`. A host runs many instances at once and drops them as it
//!   likes: treat it as a cache, not as shared state. After a call that did not return, on a panic or a trap, the
//!   handler is built anew.
//! - **For the request**: return [`Flow::Continue`] with a value of any type, and take it as the last
//!   parameter of `response`. [`Ctx`] travels through the host instead.
//!
//! # Configuration
//!
//! A type with [`#[derive(Config)]`](derive@Config) is read from what the host was configured with:
//! `new` takes it as its parameter. The configuration is JSON, read leniently where proxies change it
//! and strictly where authors and users make mistakes; [`config`] says how. [`config::Map`] has keys that the
//! user chooses, such as names of headers. [`config::read`] gives the bytes as they are.
//!
//! # Errors and panics
//!
//! Both hooks and `new` may return `Result<_, Error>`. An [`Error`] is logged, and the client gets a
//! plain 500 that does not contain it; errors of this crate and constant texts convert by `?`. When
//! `new` fails, every request gets the 500, unless `#[handler(fail_open)]` passes them through.
//!
//! A panic traps. Its text would be lost on most hosts, so the feature `panic-message` writes it to the
//! log first; with debug assertions, which `--profile dev` has, that is always on.
//!
//! # Log
//!
//! [`log::info()`] and its like write constants for the price of their bytes; [`log::format()`] and the
//! macros of the crate `log` format, for some 3 KiB once.
//!
//! # Testing
//!
//! With the feature `testing` in the `[dev-dependencies]`, handlers run natively on a model of the
//! hosts, traps included. The same scenario runs on the built guest, and recorded exchanges also on
//! real hosts.
//!
//! # What things cost
//!
//! Bytes of the guest after `cargo xtask build`, measured one at a time and rounded; two uses share
//! their common code.
//!
//! | what | bytes |
//! | --- | ---: |
//! | a handler that does nothing | 88 |
//! | each host function that is used, with its import | 20 to 60 |
//! | `#[handler(buffer_request)]`, on top of reading the body | 100 to 130 |
//! | an error of [`HeaderValue::new`] or [`Uri::new`] at run time | 80 to 150 |
//! | [`HeaderValue::from_u64`] | 90 |
//! | [`Uri::path_is`] | 250 |
//! | [`Uri::query_value`] | 670 |
//! | [`UriBuilder`] | 800 |
//! | [`log::format()`], [`Error::display`], and any other formatting | 2,600 |
//! | the `log` facade on top of it; unused, with the feature on | 600; 200 |
//! | the first allocation | 1,700 |
//! | [`Request::source`], which parses addresses | 4,200 |
//!
//! # Features
//!
//! | feature | on | what it brings |
//! | --- | --- | --- |
//! | `alloc` | yes | what needs an allocator: owned forms of what is otherwise written to a buffer |
//! | `allocator` | yes | `talc` as the global allocator; not linked where nothing allocates |
//! | `dlmalloc` | no | `dlmalloc` instead of it, 2,300 to 2,800 bytes more |
//! | `panic-handler` | yes | a panic handler; off for targets with `std` |
//! | `small-memory` | yes | `memcpy` and its like a byte at a time; off for filters that move megabytes |
//! | `panic-message` | no | the text of a panic in the log, in release builds too |
//! | `log` | no | the macros of the crate `log`; see [`log`](mod@log) |
//! | `embedded-io` | no | `embedded_io::Read` and `Write` for bodies |
//! | `http` | no | conversions with the types of the crate `http`, natively and on `wasm32-wasip1` |
//! | `testing` | no | the testing kit; natively only, an error for WebAssembly |
//!
//! # With the standard library
//!
//! `target = "wasm32-wasip1"` in `[package.metadata.http-wasm]` compiles a filter with `std`. The
//! dependency on this crate then has `default-features = false` and the features that are wanted,
//! usually `alloc`, because `std` has an allocator and a panic handler of its own. Such a guest has
//! tens of kilobytes and needs a host with WASI preview 1; hosts grant no files, no arguments and no
//! environment. The example `language` is one.
#![no_std]
#![deny(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(not(target_family = "wasm"))]
extern crate std;

#[cfg(all(feature = "testing", target_family = "wasm"))]
compile_error!(
    "the feature `testing` of http-wasm-sdk runs handlers natively and cannot be in a guest: have it in \
     [dev-dependencies] only"
);

mod backend;
mod body;
mod buffer;
mod buffering;
mod chain;
pub mod config;
#[cfg(all(feature = "http", any(not(target_family = "wasm"), target_os = "wasi")))]
mod convert;
mod error;
mod handler;
mod header;
mod headers;
mod instance;
mod io;
pub mod log;
pub mod random;
mod request;
mod response;
mod runtime;
#[cfg(all(feature = "testing", not(target_family = "wasm")))]
pub mod testing;
mod text;
pub mod time;
mod trailers;
mod types;
mod uri;
mod utf8;

pub use backend::{Ctx, Needs};
pub use body::{BodyError, BodyWriter, EMPTY_READS, RequestBody, ResponseBody};
pub use buffer::{Buffer, ReadBuffer};
pub use buffering::{Buffered, Buffering, DynamicBuffering, Unbuffered};
pub use config::FromConfig;
#[cfg(all(feature = "http", any(not(target_family = "wasm"), target_os = "wasi")))]
pub use convert::UnknownVersion;
pub use error::{
    BufferTooSmall, Error, InvalidHeaderName, InvalidHeaderValue, InvalidMethod, InvalidSourceAddr,
    InvalidStatusCode, InvalidUri,
};
pub use handler::{Flow, Handler, IntoFlow};
pub use header::{HeaderName, HeaderValue, known};
pub use headers::{Headers, HeadersMut, Names, Values};
pub use http_wasm_macros::{Config, handler};
pub use request::Request;
pub use response::{Reply, ReplyBody, Responded, Response};
pub use trailers::{BeforeNext, RequestTrailersMut, ResponseTrailersMut, Trailers};
pub use types::{Method, StatusCode, Version};
pub use uri::{
    BuildError, Decoded, Encoded, Pair, QueryBuilder, QueryPairs, RequestUri, Segments, Uri,
    UriBuilder,
};

/// What a filter usually needs.
pub mod prelude {
    pub use crate::{
        Buffer, Buffered, Config, Error, Flow, Handler, HeaderName, HeaderValue, Method, Reply,
        Request, Responded, Response, StatusCode, Uri, handler, known, log, name, uri, value,
    };
}

/// For the code that `#[handler]` generates.
#[doc(hidden)]
pub mod __private {
    pub use crate::backend::{Exports, export_names};
    #[cfg(feature = "alloc")]
    pub use crate::config::load_or_log as load_config;
    pub use crate::handler::{IntoDone, IntoFlow, IntoHandler};
    pub use crate::instance::Instance;
}
