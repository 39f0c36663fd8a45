//! `wire`: compares our server with the official Go host on a corpus of raw requests.

use std::process::ExitCode;

use anyhow::Context as _;
use cargo_http_wasm::commands::GlobalArgs;
use cargo_http_wasm::{hosts, ui};

use crate::wire::{self, Report};

/// Arguments of `wire`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Parts of the names of cases to run; all cases when none is named
    #[arg(value_name = "CASE")]
    cases: Vec<String>,
    /// Show all that client, guest and upstream see
    #[arg(long)]
    show: bool,
}

/// Runs the command.
///
/// # Errors
/// When the corpus cannot be read, the Go host cannot be installed, or a host cannot be run.
pub(crate) fn run(args: &Args, global: &GlobalArgs) -> anyhow::Result<ExitCode> {
    let folder = hosts::folder("wire", false)?;
    let tools = global.project()?.target_dir.join("tools");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    let report = runtime.block_on(wire::run(&tools, folder.path(), &args.cases, args.show))?;
    global.print(&report, || print(&report))?;
    Ok(if report.good() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Prints each difference that is not listed, what is listed in vain, and counts.
fn print(report: &Report) {
    let mut last = "";
    for it in &report.unlisted {
        if it.case != last {
            ui::out(format_args!("not listed: {}", it.case));
            last = &it.case;
        }
        ui::out(format_args!("    {}: on the Go host {}, on ours {}", it.part, it.theirs, it.ours));
    }
    for stale in &report.stale {
        ui::out(format_args!(
            "no longer different; remove it from xtask/wire/differences.toml:\n    {stale}"
        ));
    }
    ui::out(format_args!(
        "{} cases, {} known differences, {} not listed, {} no longer there",
        report.cases,
        report.known,
        report.unlisted.len(),
        report.stale.len()
    ));
}
