//! `replay`: recorded exchanges against a guest of any language.

use std::path::PathBuf;
use std::process::ExitCode;

use http_wasm_model::Profile;

use crate::replay::{Counts, Guest, Report};

/// Arguments of `replay`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The guest
    #[arg(value_name = "FILE.wasm")]
    guest: PathBuf,
    /// Files of recorded exchanges
    #[arg(required = true, value_name = "EXCHANGES.toml")]
    exchanges: Vec<PathBuf>,
    /// Whose semantics apply: strict (the traps of every host), go, express
    #[arg(long, default_value_t = Profile::Strict)]
    profile: Profile,
    /// Print the results as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// When the guest does not load or a file cannot be read.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let guest = Guest::load(&args.guest, args.profile)?;
    let reports = args.exchanges.iter().map(|path| guest.replay(path));
    let reports = reports.collect::<Result<Vec<_>, _>>()?;
    let total: Counts = reports.iter().map(Report::counts).sum();
    if args.json {
        println!("{}", serde_json::to_string_pretty(&reports)?);
    } else {
        let width = args.exchanges.iter().map(|path| path.display().to_string().len()).max();
        for report in &reports {
            let path = report.path.display().to_string();
            println!("{path:<width$} {}", report.counts(), width = width.unwrap_or(0));
        }
        for detail in reports.iter().flat_map(Report::details) {
            println!("\n{detail}");
        }
    }
    Ok(if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
