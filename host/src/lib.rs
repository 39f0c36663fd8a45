//! The reference host of the `http_handler` ABI.
//!
//! - [`exchange`] is the model: one request and its response, and what each of the ABI's functions
//!   does with them. It knows no WebAssembly.
//! - [`guest`] is what can be run on the model, and the driver that plays one exchange with it.
//! - [`scenario`] is one exchange to be played, as a value; for tests.
//! - [`recorded`] reads exchanges from TOML files, plays them and compares what came out.
//! - `engine` (feature `engine`) runs WebAssembly guests over the model.
//! - `layer` (feature `tower`) puts them around a `tower` service.
//!
//! Whose semantics apply is the choice of a [`Profile`].
#![forbid(unsafe_code)]

#[cfg(feature = "engine")]
pub mod engine;
pub mod exchange;
pub mod guest;
#[cfg(feature = "tower")]
pub mod layer;
mod outcome;
pub mod profile;
pub mod recorded;
pub mod scenario;

pub use profile::Profile;
