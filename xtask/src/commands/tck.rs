//! `tck`: the official conformance kit of the ABI, against the server that `serve` runs.

use std::process::ExitCode;

use anyhow::Context as _;
use cargo_http_wasm::project::Project;
use cargo_http_wasm::shutdown;

use crate::tck;

/// Arguments of `tck`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print results as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// When the kit cannot be built, or does not end.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let tools = Project::locate(None)?.target_dir.join("tools");
    let server = std::env::current_exe().context("cannot find this program")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(async {
        tokio::select! {
            report = tck::run(&tools, &server) => Ok(report?),
            name = shutdown::stop() => anyhow::bail!("stopped by {}; the server was stopped too", name?),
        }
    })?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{:>3} passed  {:>3} failed", report.passed(), report.failed());
        if !report.good {
            println!("\n{}", report.output.trim_end());
        }
    }
    Ok(if report.good { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
