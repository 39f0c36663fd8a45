//! `cargo xtask`: the users' tool, and the commands that only this repository needs.
#![forbid(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]
#![deny(clippy::self_named_module_files)]

mod bench;
mod commands;
#[cfg(test)]
mod docs;
mod tck;
#[cfg(test)]
mod testing;
mod third_party;
mod wire;

use std::process::ExitCode;

use cargo_http_wasm::cli;
use cargo_http_wasm::commands::GlobalArgs;
use clap::{Parser, Subcommand};

/// The users' tool, `cargo http-wasm`, and the commands that only this repository needs.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    arg_required_else_help = true,
    after_help = cli::EXIT_CODES
)]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Tool(cli::Command),
    /// Measure the cost of guests on the reference host and on the official Go host
    Bench(commands::bench::Args),
    /// Run the official conformance kit (TCK) of the ABI against `serve`, with the local Go
    Tck,
    /// Compare the reference host with the official Go host on third-party guests
    ThirdParty(commands::third_party::Args),
    /// Compare the reference host with the official Go host on a corpus of raw requests
    Wire(commands::wire::Args),
}

fn main() -> ExitCode {
    let Cli { global, command } = Cli::parse();
    cli::exit_code(cli::start(&global).and_then(|()| match command {
        Command::Tool(command) => cli::run(command, &global),
        Command::Bench(args) => commands::bench::run(&args, &global),
        Command::Tck => commands::tck::run(&global),
        Command::ThirdParty(args) => commands::third_party::run(&args, &global),
        Command::Wire(args) => commands::wire::run(&args, &global),
    }))
}
