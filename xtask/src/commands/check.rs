//! `check`

use std::process::ExitCode;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// When it could not be done.
pub fn run(_args: &Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("`check` is not here yet")
}
