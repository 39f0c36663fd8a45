//! What real hosts do with a guest: the tests of the SDK's package of the same name, with the same
//! filters, built into guests as `cargo xtask build` builds them and run on the engine. Each exchange
//! is also played natively, and what came out must be the same to the last host call.

// Clippy's exception for tests does not reach their helpers.
#![allow(clippy::unwrap_used)]

#[path = "../../../sdk/tests/host_traps/bodies.rs"]
mod bodies;
mod built;
#[path = "../../../sdk/tests/host_traps/configuration.rs"]
mod configuration;
#[path = "../../../sdk/tests/host_traps/failures.rs"]
mod failures;
#[path = "../../../sdk/tests/host_traps/fields.rs"]
mod fields;
#[path = "../../../sdk/tests/host_traps/guests/mod.rs"]
mod guests;
mod host;
#[path = "../../../sdk/tests/host_traps/phases.rs"]
mod phases;
mod recovery;
mod toolchain;
