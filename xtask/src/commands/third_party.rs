//! `third-party`: compares the reference host with the official Go host on third-party guests.

use std::process::ExitCode;

use anyhow::Context as _;
use cargo_http_wasm::commands::GlobalArgs;
use cargo_http_wasm::{hosts, ui};
use http_wasm_model::Profile;
use http_wasm_testkit::report::Verdict;

use crate::third_party::{self, ExchangeReport, Report};

/// Arguments of `third-party`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Parts of the names of guests to compare; all guests when none is named
    #[arg(value_name = "GUEST")]
    guests: Vec<String>,
    /// The profile of the reference host
    #[arg(long, default_value_t = Profile::Go)]
    profile: Profile,
    /// Keep the configuration and logs of the hosts
    #[arg(long)]
    keep: bool,
}

/// Runs the command.
///
/// # Errors
/// When the guests or the Go host cannot be installed, or a host cannot be run.
pub(crate) fn run(args: &Args, global: &GlobalArgs) -> anyhow::Result<ExitCode> {
    let folder = hosts::folder("third-party", args.keep)?;
    let tools = global.project()?.target_dir.join("tools");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    let report =
        runtime.block_on(third_party::run(&tools, folder.path(), args.profile, &args.guests))?;
    global.print(&report, || print(&report))?;
    Ok(if report.good() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Prints a line for each guest, then each failure, and how often known differences occurred.
fn print(report: &Report) {
    let width = report.guests.iter().map(|guest| guest.guest.len()).max().unwrap_or_default();
    for guest in &report.guests {
        let note = if guest.not_compared.is_some() { "  not compared" } else { "" };
        ui::out(format_args!("{:width$} {}{note}", guest.guest, guest.counts));
    }
    ui::out(format_args!("{:width$} {}", "all", report.counts));
    for guest in &report.guests {
        if let Some(reason) = &guest.not_compared {
            ui::out(format_args!("\nnot compared: {}\n    {reason}", guest.guest));
        }
        for ExchangeReport { name, configuration, verdict } in &guest.failed {
            let Verdict::Failed { mismatches } = verdict else { continue };
            let configuration = match configuration.as_str() {
                "" => String::new(),
                name => format!(" ({name})"),
            };
            ui::out(format_args!("\nfailed: {}{configuration}: {name}", guest.guest));
            for mismatch in mismatches {
                ui::out(format_args!("    {mismatch}"));
            }
        }
    }
    if !report.known.is_empty() {
        ui::out("\nknown differences:");
    }
    for (reason, count) in &report.known {
        ui::out(format_args!("{count:>6}  {reason}"));
    }
    for stale in &report.stale {
        ui::out(format_args!(
            "\nno longer different; remove it from third_party/known_differences.rs:\n    {stale}"
        ));
    }
}
