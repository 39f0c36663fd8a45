//! `build`

use std::process::ExitCode;

use serde::Serialize;

use super::{BuildArgs, GlobalArgs, LimitArgs, failure_code};
use crate::build::{Builder, BuiltGuest, Options};
use crate::ui;

/// Arguments of `build`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The filters to build; all of the project when none is named
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
    /// With debug assertions and panic messages, to target/guests-dev
    #[arg(long)]
    dev: bool,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    build: BuildArgs,
}

/// What is printed as JSON.
#[derive(Default, Serialize)]
struct Built {
    guests: Vec<BuiltGuest>,
    failed: Vec<Failed>,
}

/// A filter that was not built.
#[derive(Serialize)]
struct Failed {
    filter: String,
    error: String,
}

/// Runs the command.
///
/// # Errors
/// When it could not be done.
pub fn run(args: &Args, global: &GlobalArgs) -> anyhow::Result<ExitCode> {
    let project = global.project()?;
    let filters = project.select(&args.filters)?;
    let options = Options { dev: args.dev, limits: args.limits.into(), ..args.build.options() };
    let mut builder = Builder::new(&project, &options)?;
    match builder.wasm_opt() {
        Some(tool) => {
            ui::step("Using", format_args!("wasm-opt {} ({})", tool.version(), tool.origin()));
        }
        None => ui::warn("wasm-opt is not used, so guests are larger than they need to be"),
    }

    let width =
        filters.iter().map(|filter| filter.name.len()).max().unwrap_or(0).max("filter".len());
    let mut built = Built::default();
    let mut code = 0;
    if !global.json() {
        ui::out(format_args!(
            "{:width$}  {:>9} {:>9} {:>9} {:>9}",
            "filter", "cargo", "postlink", "wasm-opt", "final"
        ));
    }
    for filter in filters {
        match builder.build(filter) {
            Ok(guest) => {
                if !global.json() {
                    print(&guest, width);
                }
                built.guests.push(guest);
            }
            Err(error) => {
                ui::error(&error);
                let failed = Failed { filter: filter.name.clone(), error: error.to_string() };
                built.failed.push(failed);
                code = code.max(failure_code(&error.into()));
            }
        }
    }
    if global.json() {
        global.print(&built, || {})?;
    }
    Ok(ExitCode::from(code))
}

fn print(guest: &BuiltGuest, width: usize) {
    let sizes = guest.sizes;
    ui::out(format_args!(
        "{:width$}  {:>9} {:>9} {:>9} {:>9}",
        guest.filter, sizes.cargo, sizes.postlink, sizes.wasm_opt, sizes.last
    ));
    for warning in &guest.report.warnings {
        ui::warn(format_args!("{}: {warning}", guest.filter));
    }
}
