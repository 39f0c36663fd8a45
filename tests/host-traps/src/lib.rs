//! What real hosts do with a guest, and what the SDK makes of it: a test for every trap that a guest
//! can meet, by its name.
//!
//! Each exchange runs twice: natively, and on the engine with the filter as a guest that was built as
//! `cargo http-wasm build` builds it. Both must come to the same, to the last host call. Under Miri the
//! filters run natively only.
//!
//! What the compiler refuses, such as a change of the request after the next handler, is in
//! `sdk/tests/ui`.
#![cfg(test)]
#![forbid(unsafe_code)]
// Clippy's exception for tests does not reach their helpers.
#![allow(clippy::unwrap_used)]

mod bodies;
#[cfg(not(miri))]
mod built;
mod configuration;
mod failures;
mod fields;
mod guests;
mod phases;
#[cfg(not(miri))]
mod recovery;
mod runner;
#[cfg(not(miri))]
mod toolchain;
