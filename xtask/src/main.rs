//! `cargo xtask`: the users' tool, and what only this repository needs.
#![forbid(unsafe_code)]

mod bench;
mod commands;
mod tck;
#[cfg(test)]
mod testing;
mod third_party;

use std::process::ExitCode;

use cargo_http_wasm::cli;
use clap::{Parser, Subcommand};

/// The users' tool, `cargo http-wasm`, and what only this repository needs.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Tool(cli::Command),
    /// Measure what guests cost on the reference host, beside the official Go host
    Bench(commands::bench::Args),
    /// Run the official conformance kit (TCK) of the ABI against `serve`, with the local Go
    Tck(commands::tck::Args),
    /// Compare the reference host with the official Go host on third-party guests
    ThirdParty(commands::third_party::Args),
}

fn main() -> ExitCode {
    cli::exit_code(match Cli::parse().command {
        Command::Tool(command) => cli::run(command),
        Command::Bench(args) => commands::bench::run(&args),
        Command::Tck(args) => commands::tck::run(&args),
        Command::ThirdParty(args) => commands::third_party::run(&args),
    })
}
