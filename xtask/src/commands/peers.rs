//! `interop peers`: the guests that other people have made, on the official Go host and on ours.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use http_wasm_model::Profile;

use crate::interop::peers::{self, Report};
use crate::interop::signal;

/// Runs the comparison; `wanted` are parts of guests' names.
pub(super) fn run(
    tools: &Path,
    folder: &Path,
    profile: Profile,
    wanted: &[String],
    json: bool,
) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    let report = runtime.block_on(async {
        tokio::select! {
            report = peers::run(tools, folder, profile, wanted) => Ok(report?),
            name = signal::stop() => anyhow::bail!("stopped by {}; the hosts were stopped too", name?),
        }
    })?;
    if json {
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
    let sum = |count: fn(&peers::GuestReport) -> usize| -> usize {
        report.guests.iter().map(count).sum()
    };
    println!(
        "{:width$}  {:>8} {:>6} {:>6} {:>10}",
        "all",
        sum(peers::GuestReport::compared),
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
    for (head, reasons) in [
        ("known differences", &report.known),
        ("known faults of the reference host", &report.faults),
    ] {
        if !reasons.is_empty() {
            println!("\n{head}:");
        }
        for (reason, count) in reasons {
            println!("{count:>6}  {reason}");
        }
    }
    for stale in &report.stale {
        println!("\nno longer different; remove it from interop/peers/known.rs:\n    {stale}");
    }
}
