//! `interop`

use std::process::ExitCode;

/// Arguments of `interop`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// When it could not be done.
pub fn run(_args: &Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("`interop` is not here yet")
}
