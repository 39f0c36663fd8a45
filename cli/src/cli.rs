//! Arguments in, exit code out.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands;

/// Scaffold, build, check, test and run HTTP middleware as WebAssembly guests.
#[derive(Debug, Parser)]
#[command(
    name = "cargo http-wasm",
    bin_name = "cargo http-wasm",
    version,
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// The commands of the users' tool.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Install what the other commands need; they also do it by themselves
    Setup(commands::setup::Args),
    /// Write a new filter from a template
    New(commands::new::Args),
    /// Build filters to size-optimised and checked guests
    Build(commands::build::Args),
    /// Say whether a guest will load and run on every host
    Check(commands::check::Args),
    /// Run native tests and the recorded exchanges on the reference host
    Test(commands::test::Args),
    /// Run recorded exchanges against any guest
    Replay(commands::replay::Args),
    /// Build filters and print a table of their sizes, or keep the one in a document right
    Size(commands::size::Args),
    /// Show the whole path: scaffold, build, check and run a filter
    Demo(commands::demo::Args),
    /// Run guests in a reverse proxy
    Serve(commands::serve::Args),
    /// Prove the examples on a real host
    Interop(commands::interop::Args),
    /// Hold a host, ours or any other, against the conformance suite of the ABI
    Conformance(commands::conformance::Args),
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let mut args: Vec<_> = std::env::args_os().collect();
    // As a cargo subcommand the program is called `cargo-http-wasm http-wasm …`.
    if args.get(1).is_some_and(|first| first == "http-wasm") {
        args.remove(1);
    }
    exit_code(run(Cli::parse_from(args).command))
}

/// Prints the error of a command that could not be done, and gives the exit code: 0 for done and
/// good, 1 for done and found bad, 2 for an error.
#[must_use]
pub fn exit_code(result: anyhow::Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}

/// Runs a command.
///
/// # Errors
/// When it could not be done.
pub fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Setup(args) => commands::setup::run(&args),
        Command::New(args) => commands::new::run(&args),
        Command::Build(args) => commands::build::run(&args),
        Command::Check(args) => commands::check::run(&args),
        Command::Test(args) => commands::test::run(&args),
        Command::Replay(args) => commands::replay::run(&args),
        Command::Size(args) => commands::size::run(&args),
        Command::Demo(args) => commands::demo::run(&args),
        Command::Serve(args) => commands::serve::run(&args),
        Command::Interop(args) => commands::interop::run(&args),
        Command::Conformance(args) => commands::conformance::run(&args),
    }
}
