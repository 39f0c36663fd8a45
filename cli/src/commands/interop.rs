//! `interop`: runs recorded exchanges on a real host, over HTTP.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use http_wasm_testkit::recorded;
use http_wasm_testkit::report::{Counts, GuestReport};

use super::{BuildArgs, GlobalArgs, Guests};
use crate::build::Builder;
use crate::hosts::replay::{self, GuestUnderTest};
use crate::hosts::{self, Host};
use crate::project::Project;
use crate::ui;

/// Arguments of `interop`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The host
    host: Host,
    /// The filters to run; all when none is named
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
    /// A guest of any language, instead of filters of this project
    #[arg(long, value_name = "FILE", requires = "exchanges", conflicts_with = "filters")]
    guest: Option<PathBuf>,
    /// The recorded exchanges of that guest
    #[arg(long, value_name = "FILE", requires = "guest")]
    exchanges: Option<PathBuf>,
    /// Keep the host's configuration and logs
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    build: BuildArgs,
}

/// Runs the command.
///
/// # Errors
/// When it could not be done.
pub fn run(args: &Args, global: &GlobalArgs) -> anyhow::Result<ExitCode> {
    let project = global.project()?;
    let guests = guests(args, &project)?;
    let host = (args.host.install)(&project.target_dir.join("tools"))?;
    let folder = hosts::folder(host.key(), args.keep)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let reports = runtime.block_on(replay::replay(&*host, &guests, folder.path()))?;
    global.print(&Guests { guests: &reports }, || print(&reports, &project.root))?;
    let counts: Counts = reports.iter().map(|report| report.counts).sum();
    if counts.run() == 0 {
        ui::warn("no exchange was run, so the result says nothing");
    }
    Ok(if counts.good() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Builds the guests and reads what was recorded for them.
fn guests(args: &Args, project: &Project) -> anyhow::Result<Vec<GuestUnderTest>> {
    if let (Some(guest), Some(exchanges)) = (&args.guest, &args.exchanges) {
        let name = guest.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let wasm = dunce::canonicalize(guest).with_context(|| format!("no {}", guest.display()))?;
        return Ok(vec![GuestUnderTest { name, wasm, exchanges: recorded::read(exchanges)? }]);
    }
    let options = args.build.options();
    let mut builder = Builder::new(project, &options)?;
    let mut guests = Vec::new();
    for filter in project.select(&args.filters)? {
        let Some(exchanges) = &filter.exchanges else {
            let wanted = filter.dir.join("exchanges.toml");
            ui::warn(format_args!("`{}` has no {}", filter.name, wanted.display()));
            continue;
        };
        let exchanges = recorded::read(exchanges)?;
        let wasm = builder.build(filter)?.path;
        guests.push(GuestUnderTest { name: filter.name.clone(), wasm, exchanges });
    }
    Ok(guests)
}

/// Prints a line for each guest, then the details of single exchanges.
fn print(reports: &[GuestReport], root: &Path) {
    let width = reports.iter().map(|report| report.guest.len()).max().unwrap_or_default();
    for report in reports {
        ui::out(format_args!("{:width$} {}", report.guest, report.counts));
    }
    for report in reports {
        let file = report.file.strip_prefix(root).unwrap_or(&report.file).display();
        for detail in report.exchanges.iter().flat_map(|exchange| exchange.details(&file)) {
            ui::out(format_args!("\n{detail}"));
        }
    }
}
