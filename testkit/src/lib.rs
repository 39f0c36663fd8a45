//! Tests of guests: requests, expected results, and the comparison of both.
//!
//! - [`scenario`] describes one exchange as a value, for tests in Rust.
//! - [`recorded`] reads exchanges from TOML files, runs them and compares the outcome.
//! - [`report`] says what became of them.
//! - [`guest`] completes guests that a test writes in the text format.
//! - [`driver`] runs one exchange with a [`Guest`](http_wasm_model::guest::Guest); its result is an
//!   [`Outcome`].
#![forbid(unsafe_code)]

pub mod driver;
pub mod guest;
mod outcome;
pub mod recorded;
pub mod report;
pub mod scenario;

pub use outcome::Outcome;
