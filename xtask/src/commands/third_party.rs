//! `third-party`: guests of other projects, on the official Go host and on the reference host.

use std::process::ExitCode;

use anyhow::Context as _;
use cargo_http_wasm::project::Project;
use cargo_http_wasm::{hosts, shutdown};
use http_wasm_model::Profile;

use crate::third_party::{self, Report};

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
    /// Print results as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// When the guests or the Go host cannot be had, or a host cannot be run.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let target = Project::locate(None)?.target_dir;
    let folder = hosts::folder(&target, "third-party", args.keep)?;
    let tools = target.join("tools");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    let report = runtime.block_on(async {
        tokio::select! {
            report = third_party::run(&tools, folder.path(), args.profile, &args.guests) => Ok(report?),
            name = shutdown::stop() => anyhow::bail!("stopped by {}; the hosts were stopped too", name?),
        }
    })?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report);
    }
    Ok(if report.good() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// A line for each guest, then what differed, and why what differed is right.
fn print(report: &Report) {
    let width = report.guests.iter().map(|guest| guest.guest.len()).max().unwrap_or_default();
    println!("{:width$}  compared   same  known  different", "guest");
    for guest in &report.guests {
        let (compared, different) = (guest.compared(), guest.different.len());
        println!(
            "{:width$}  {compared:>8} {:>6} {:>6} {different:>10}{}",
            guest.guest,
            guest.same,
            guest.known,
            if guest.not_compared.is_some() { "  not compared" } else { "" },
        );
    }
    let sum = |count: fn(&third_party::GuestReport) -> usize| -> usize {
        report.guests.iter().map(count).sum()
    };
    println!(
        "{:width$}  {:>8} {:>6} {:>6} {:>10}",
        "all",
        sum(third_party::GuestReport::compared),
        sum(|guest| guest.same),
        sum(|guest| guest.known),
        sum(|guest| guest.different.len()),
    );
    for guest in &report.guests {
        if let Some(reason) = &guest.not_compared {
            println!("\nnot compared: {}\n    {reason}", guest.guest);
        }
        for exchange in &guest.different {
            let setup = if exchange.setup.is_empty() {
                String::new()
            } else {
                format!(" ({})", exchange.setup)
            };
            println!("\ndifferent: {}{setup}: {}", guest.guest, exchange.exchange);
            for difference in &exchange.differences {
                println!("    {difference}");
            }
        }
    }
    if !report.known.is_empty() {
        println!("\nknown differences:");
    }
    for (reason, count) in &report.known {
        println!("{count:>6}  {reason}");
    }
    for stale in &report.stale {
        println!(
            "\nno longer different; remove it from third_party/known_differences.rs:\n    {stale}"
        );
    }
}
