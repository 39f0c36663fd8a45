//! Guests that mean harm. The host answers each by its rule, stays up, serves the next request, and
//! keeps nothing of it.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy does not take for tests")]

mod arguments;
mod bench;
mod floods;
mod instructions;
mod loops;
mod modules;
mod wasi;

use std::time::Duration;

use http_wasm_abi::{FUNCTIONS, MODULE};
use http_wasm_host::engine::{Engine, LoadError, Options, StartError};
use http_wasm_model::exchange::TrapKind;

use bench::{Bench, Refused, good, guest, on_request, options, post, send};
