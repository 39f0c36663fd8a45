//! Typed configuration, natively: what is read, what is an error and what the error says, and how a
//! handler comes to it.
#![cfg(feature = "alloc")]

mod errors;
mod handlers;
mod lenient;
mod maps;
mod random;
mod types;

use std::fmt::Debug;

use http_wasm_sdk::config::{self, FromConfig};

/// Reads a document, which must be fine.
#[track_caller]
fn read<T: FromConfig>(document: &str) -> T {
    match config::from_bytes(document.as_bytes()) {
        Ok(value) => value,
        Err(error) => panic!("{document}: {error}"),
    }
}

/// Reads a document, which must not be fine, and gives the message.
#[track_caller]
fn error<T: FromConfig + Debug>(document: &str) -> String {
    config::from_bytes::<T>(document.as_bytes()).expect_err(document).to_string()
}
