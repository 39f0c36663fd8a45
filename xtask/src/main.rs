//! The command line: `cargo xtask …` in this repository, `cargo http-wasm …` once installed.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::cli::main()
}
