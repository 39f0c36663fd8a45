//! `build`

use std::path::PathBuf;
use std::process::ExitCode;

use super::{GlobalArgs, LimitArgs, failure_code};
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
    /// The wasm-opt to use, instead of WASM_OPT, PATH or target/tools
    #[arg(long, value_name = "FILE")]
    wasm_opt: Option<PathBuf>,
    #[command(flatten)]
    limits: LimitArgs,
}

/// Runs the command.
///
/// # Errors
/// When it could not be done.
pub fn run(args: &Args, global: &GlobalArgs) -> anyhow::Result<ExitCode> {
    let project = global.project()?;
    let filters = project.select(&args.filters)?;
    let options =
        Options { dev: args.dev, wasm_opt: args.wasm_opt.clone(), limits: args.limits.into() };
    let mut builder = Builder::new(&project, &options)?;
    let tool = builder.wasm_opt();
    ui::step("Using", format_args!("wasm-opt {} ({})", tool.version(), tool.origin()));

    let width =
        filters.iter().map(|filter| filter.name.len()).max().unwrap_or(0).max("filter".len());
    let mut built = Vec::new();
    let mut failed = Vec::new();
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
                built.push(guest);
            }
            Err(error) => {
                ui::warn(format_args!("`{}` was not built", filter.name));
                failed.push(anyhow::Error::new(error));
            }
        }
    }
    if global.json() {
        ui::json(&built)?;
    }
    for error in &failed {
        ui::err(format_args!("error: {error}"));
    }
    Ok(ExitCode::from(failed.iter().map(failure_code).max().unwrap_or(0)))
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
