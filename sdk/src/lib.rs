//! Write HTTP middleware as WebAssembly guests of the `http_handler` ABI: small, and safe for the
//! proxy that loads them.
//!
//! ```
//! # mod filter {
//! #![allow(unused)]
//! use http_wasm_sdk::prelude::*;
//!
//! #[handler]
//! fn header(_request: &mut Request, mut reply: Reply<'_>) {
//!     reply.headers_mut().append(known::SET_COOKIE, value!("a=b"));
//! }
//! # }
//! # fn main() {}
//! ```
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

mod body;
mod buffer;
mod chain;
pub mod config;
#[cfg(all(feature = "http", any(not(target_family = "wasm"), target_os = "wasi")))]
mod convert;
mod error;
mod export;
mod handler;
mod header;
mod headers;
mod instance;
mod io;
pub mod log;
mod raw;
mod request;
mod response;
mod runtime;
#[cfg(all(feature = "testing", not(target_family = "wasm")))]
pub mod testing;
mod text;
mod trailers;
mod types;
mod uri;

pub use body::{BodyError, BodyWriter, EMPTY_READS, RequestBody, ResponseBody};
pub use buffer::{Buffer, Scratch};
#[cfg(all(feature = "http", any(not(target_family = "wasm"), target_os = "wasi")))]
pub use convert::UnknownVersion;
pub use error::{
    Error, InvalidHeaderName, InvalidHeaderValue, InvalidMethod, InvalidSourceAddr,
    InvalidStatusCode, InvalidUri, TooLong,
};
pub use handler::{Ctx, Flow, Handler, IntoFlow};
pub use header::{HeaderName, HeaderValue, known};
pub use headers::{Headers, HeadersMut, Names, Values};
pub use http_wasm_macros::handler;
pub use request::Request;
pub use response::{
    Buffered, Buffering, MaybeBuffered, Reply, ReplyBody, Response, Sent, Unbuffered,
};
pub use trailers::{BeforeNext, RequestTrailersMut, ResponseTrailersMut, Trailers};
pub use types::{Method, StatusCode, Version};
pub use uri::{
    BuildError, Decoded, Encoded, Pair, QueryBuilder, QueryPairs, RequestUri, Segments, Uri,
    UriBuilder,
};

/// What a filter usually needs.
pub mod prelude {
    pub use crate::{
        Buffer, Buffered, Error, Flow, Handler, HeaderName, HeaderValue, Method, Reply, Request,
        Response, Sent, StatusCode, Uri, handler, known, log, name, uri, value,
    };
}

/// For the code that `#[handler]` generates.
#[doc(hidden)]
pub mod __private {
    pub use crate::handler::{IntoDone, IntoFlow, IntoHandler};
    pub use crate::instance::Instance;
    pub use http_wasm_abi::Features;
    pub use http_wasm_abi::export_names;
}
