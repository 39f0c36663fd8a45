//! The command line: `cargo http-wasm …`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    cargo_http_wasm::cli::main()
}
