//! `replay`: runs recorded exchanges on a guest of any language.

use std::path::PathBuf;
use std::process::ExitCode;

use http_wasm_model::Profile;
use http_wasm_testkit::report::Counts;

use super::{GlobalArgs, Guests};
use crate::replay::Guest;
use crate::ui;

/// Arguments of `replay`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The guest
    #[arg(value_name = "FILE.wasm")]
    guest: PathBuf,
    /// Files of recorded exchanges
    #[arg(required = true, value_name = "EXCHANGES.toml")]
    exchanges: Vec<PathBuf>,
    /// The host whose semantics apply: strict (the traps of every host), go, express
    #[arg(long, default_value_t = Profile::Strict)]
    profile: Profile,
}

/// Runs the command.
///
/// # Errors
/// When the guest does not load or a file cannot be read.
pub fn run(args: &Args, global: &GlobalArgs) -> anyhow::Result<ExitCode> {
    let guest = Guest::load(&args.guest, args.profile)?;
    let reports = args.exchanges.iter().map(|path| guest.replay(path));
    let reports = reports.collect::<Result<Vec<_>, _>>()?;
    let total: Counts = reports.iter().map(|report| report.counts).sum();
    global.print(&Guests { guests: &reports }, || {
        let files: Vec<_> =
            reports.iter().map(|report| report.file.display().to_string()).collect();
        let width = files.iter().map(String::len).max().unwrap_or(0);
        for (file, report) in files.iter().zip(&reports) {
            ui::out(format_args!("{file:<width$} {}", report.counts));
        }
        for detail in reports.iter().flat_map(|report| report.details()) {
            ui::out(format_args!("\n{detail}"));
        }
    })?;
    Ok(if !total.has_failed() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
