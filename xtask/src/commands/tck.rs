//! `tck`: runs the official conformance kit of the ABI against the server that `serve` runs.

use std::process::ExitCode;

use anyhow::Context as _;
use cargo_http_wasm::commands::GlobalArgs;
use cargo_http_wasm::ui;

use crate::tck;

/// Runs the command.
///
/// # Errors
/// When the kit cannot be built, or does not end.
pub(crate) fn run(global: &GlobalArgs) -> anyhow::Result<ExitCode> {
    let tools = global.project()?.target_dir.join("tools");
    let server = std::env::current_exe().context("cannot find this program")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(tck::run(&tools, &server))?;
    global.print(&report, || {
        ui::out(report.counts);
        if !report.good {
            ui::out(format_args!("\n{}", report.output.trim_end()));
        }
    })?;
    Ok(if report.good { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
