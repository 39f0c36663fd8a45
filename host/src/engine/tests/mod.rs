//! Guests in the text format, each for one thing that an engine has to do.

mod keep;
mod limits;
mod load;
mod run;
mod sleep;
mod wasi;

use std::time::Duration;

use http_wasm_abi::{FUNCTIONS, Function, HeaderKind, LogLevel, Signature, WASI_MODULE, exports};

use super::*;
use crate::module_info::InterfaceFault;
use http_wasm_model::exchange::{NextError, Request, Response, Settings, TrapKind};
use http_wasm_model::guest::{self, Guest};
use http_wasm_testkit::{Outcome, driver, guest as guest_text};

/// A guest with these fields before its hooks, and these instructions in them.
fn guest_with(body: &str, request: &str, response: &str) -> String {
    guest_text::module(&format!(
        r#"{body}
            (func (export "handle_request") (result i64) {request})
            (func (export "handle_response") (param i32 i32) {response})"#
    ))
}

fn load_with(text: &str, options: Options) -> Result<Module, LoadError> {
    let bytes = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    Module::new(&bytes, options)
}

fn load(text: &str) -> Module {
    load_with(text, Options::default()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn refused(text: &str) -> LoadError {
    match load_with(text, Options::default()) {
        Ok(_) => panic!("was loaded:\n{text}"),
        Err(error) => error,
    }
}

fn hello(_: &Request) -> Result<Response, NextError> {
    Ok(Response { body: b"hello".to_vec(), ..Response::default() })
}

fn run(pool: &Pool) -> Outcome {
    run_with(pool, &mut hello)
}

/// Runs one exchange on an instance of `pool`.
fn run_with(pool: &Pool, next: &mut dyn FnMut(&Request) -> Result<Response, NextError>) -> Outcome {
    let mut pinned = pool.take().expect("the guest starts");
    let (instance, settings) = pinned.instance();
    driver::run(instance, settings, Request::default(), next)
}

const GO_ON: &str = "(i64.const 1)";
