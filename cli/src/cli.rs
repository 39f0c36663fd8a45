//! The command line: arguments in, exit code out.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use crate::commands::{self, GlobalArgs};
use crate::{cleanup, ui};

/// Scaffold, build, check, test and run HTTP middleware as WebAssembly guests.
#[derive(Debug, Parser)]
#[command(
    name = "cargo http-wasm",
    bin_name = "cargo http-wasm",
    version,
    arg_required_else_help = true,
    after_help = EXIT_CODES
)]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

/// What exit codes mean, for the help.
pub const EXIT_CODES: &str = "Exit codes: 0 all is well; 1 a guest, its source or a host was \
                              examined and is wrong; 2 the command could not be carried out.";

/// The commands of the users' tool.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Install what the other commands need; they also do it by themselves
    Setup(commands::setup::Args),
    /// Create a filter from a template
    New(commands::new::Args),
    /// Build filters to size-optimised and checked guests
    Build(commands::build::Args),
    /// Check whether a guest loads and runs on every host
    Check(commands::check::Args),
    /// Run native tests, and recorded exchanges on the reference host
    Test(commands::test::Args),
    /// Run recorded exchanges on a guest of any language
    Replay(commands::replay::Args),
    /// Build filters and print a table of their sizes, or update or verify one in a document
    Size(commands::size::Args),
    /// Scaffold, build, check and run a filter, step by step
    Demo(commands::demo::Args),
    /// Run guests in a reverse proxy
    Serve(Box<commands::serve::Args>),
    /// Run recorded exchanges on a real host
    Interop(commands::interop::Args),
    /// Test a host with the conformance suite of the ABI
    Conformance(Box<commands::conformance::Args>),
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let mut args: Vec<_> = std::env::args_os().collect();
    // As a cargo subcommand the program is called `cargo-http-wasm http-wasm …`.
    if args.get(1).is_some_and(|first| first == "http-wasm") {
        args.remove(1);
    }
    let Cli { global, command } = Cli::parse_from(args);
    exit_code(start(&global).and_then(|()| run(command, &global)))
}

/// Prepares this process for a command: its output, and that signals leave nothing behind.
///
/// # Errors
/// When signals cannot be caught.
pub fn start(global: &GlobalArgs) -> anyhow::Result<()> {
    global.apply();
    cleanup::on_signals().context("cannot catch signals")
}

/// Runs a command.
///
/// # Errors
/// When it could not be carried out.
pub fn run(command: Command, global: &GlobalArgs) -> anyhow::Result<ExitCode> {
    match command {
        Command::Setup(args) => commands::setup::run(&args, global),
        Command::New(args) => commands::new::run(&args, global),
        Command::Build(args) => commands::build::run(&args, global),
        Command::Check(args) => commands::check::run(&args, global),
        Command::Test(args) => commands::test::run(&args, global),
        Command::Replay(args) => commands::replay::run(&args, global),
        Command::Size(args) => commands::size::run(&args, global),
        Command::Demo(args) => commands::demo::run(&args, global),
        Command::Serve(args) => commands::serve::run(&args, global),
        Command::Interop(args) => commands::interop::run(&args, global),
        Command::Conformance(args) => commands::conformance::run(&args, global),
    }
}

/// The exit code of a command, as in [`EXIT_CODES`]; prints its error, if it has one.
#[must_use]
pub fn exit_code(result: anyhow::Result<ExitCode>) -> ExitCode {
    cleanup::wait_if_ending();
    let code = result.unwrap_or_else(|error| {
        ui::error(text(&error));
        ExitCode::from(commands::failure_code(&error))
    });
    match ui::output_error() {
        Some(error) => {
            ui::error(format_args!("cannot write to standard output: {error}"));
            ExitCode::from(2)
        }
        None => code,
    }
}

/// An error with its causes, leaving out those that the text before names already.
pub(crate) fn text(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    fn a_cause_is_named_once() {
        let error = crate::build::Error::File {
            action: "cannot write",
            path: "a".into(),
            source: io::Error::other("full"),
        };
        let error = Err::<(), _>(error).context("no guest").unwrap_err();
        assert_eq!(text(&error), "no guest: cannot write a: full");
    }

    #[test]
    fn options_are_global() {
        let line = ["cargo http-wasm", "replay", "a.wasm", "b.toml", "--format", "json", "-v"];
        let Cli { global, .. } = Cli::parse_from(line);
        assert!(global.json());
        assert!(Cli::try_parse_from(["cargo http-wasm", "--format", "xml", "setup"]).is_err());
    }
}
