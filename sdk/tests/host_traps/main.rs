//! What real hosts do with a guest, and what the SDK makes of it: a test for every trap that a guest
//! can meet, by its name. Here the filters run natively; the package `xtask` builds guests of them
//! and runs the same tests on the engine.
//!
//! What the compiler refuses, such as a change of the request after the next handler, is in
//! `tests/ui`.

// Clippy's exception for tests does not reach their helpers.
#![allow(clippy::unwrap_used)]

mod bodies;
mod configuration;
mod failures;
mod fields;
mod guests;
mod host;
mod phases;
