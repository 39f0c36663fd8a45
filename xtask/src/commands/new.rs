//! `new`

use std::process::ExitCode;

/// Arguments of `new`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// When it could not be done.
pub fn run(_args: &Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("`new` is not here yet")
}
