//! Writes messages to the host's log.
//!
//! A constant message costs the guest its bytes and nothing else; only [`format()`] and what uses it
//! bring the formatting machinery in. The host decides where messages end up and which levels are
//! written: Traefik writes all of them.
//!
//! ```
//! use http_wasm_sdk::prelude::*;
//!
//! #[handler]
//! fn filter(request: &mut Request) {
//!     log::info("a request");
//!     let mut buffer = Buffer::<256>::new();
//!     if let Ok(uri) = request.uri(&mut buffer) {
//!         log::format(log::Level::Debug, format_args!("for {}", uri.as_uri()));
//!     }
//! }
//! # use http_wasm_sdk::testing::{self, Scenario};
//! # let outcome = testing::run::<filter>(&Scenario::get("/a"));
//! # assert_eq!(outcome.messages(), ["info: a request", "debug: for /a"]);
//! ```
//!
//! # The `log` facade
//!
//! With the feature `log`, what this guest and the crates in it log by the macros of the crate
//! [`log`](https://docs.rs/log) goes to the host: nothing has to be set up. This module also
//! has the macros `error!`, `warn!`, `info!`, `debug!` and `trace!`, so that `log::info!("{uri}")` works
//! beside `log::info("constant")`; a filter that depends on the crate `log` by itself says which one it
//! means by `use http_wasm_sdk::log;`. The host is asked once per instance which levels it writes; below
//! them a message costs a comparison. `trace!` is debug for the host, which knows nothing lower.
//!
//! Every message through the facade brings the formatting machinery in, a constant one as well. The
//! features `release_max_level_*` of the crate `log` leave out levels at compile time.

#[cfg(feature = "log")]
mod facade;
mod message;

#[cfg(feature = "log")]
pub use ::log::{debug, error, info, trace, warn};
#[cfg(feature = "log")]
pub(crate) use facade::install;
pub use message::{CUT_MARK, LIMIT, Level, debug, enabled, error, format, info, log, warn};
