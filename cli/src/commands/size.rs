//! `size`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use super::{BuildArgs, GlobalArgs, Guests};
use crate::build::Builder;
use crate::tools::{BinaryenVersion, WasmOpt};
use crate::{files, size, ui};

/// Arguments of `size`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The filters of the table; all of the project when none is named
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
    /// Put the table between the markers `<!-- sizes:begin -->` and `<!-- sizes:end -->` of a document
    #[arg(long, value_name = "FILE", conflicts_with = "verify")]
    write: Option<PathBuf>,
    /// Fail when the table in a document is another one
    #[arg(long, value_name = "FILE")]
    verify: Option<PathBuf>,
    #[command(flatten)]
    build: BuildArgs,
}

/// Runs the command.
///
/// # Errors
/// When it could not be done.
pub fn run(args: &Args, global: &GlobalArgs) -> anyhow::Result<ExitCode> {
    let project = global.project()?;
    let filters = project.select(&args.filters)?;
    let options = args.build.options();
    let mut builder = Builder::new(&project, &options)?;
    let pinned = BinaryenVersion::PINNED;
    match builder.wasm_opt().map(WasmOpt::version) {
        Some(version) if version == pinned => {}
        Some(version) => ui::warn(format_args!(
            "wasm-opt is version {version}; documents have the sizes of version {pinned}"
        )),
        None => ui::warn(format_args!(
            "wasm-opt is not used; documents have the sizes of version {pinned}"
        )),
    }
    let mut built = Vec::new();
    for filter in filters {
        built.push((filter, builder.build(filter)?));
    }
    let rows: Vec<_> = built.iter().map(|(filter, guest)| (*filter, guest)).collect();
    let table = size::table(&rows);

    let Some(path) = args.write.as_ref().or(args.verify.as_ref()) else {
        let built: Vec<_> = built.iter().map(|(_, guest)| guest).collect();
        global.print(&Guests { guests: &built }, || ui::out(table.trim_end()))?;
        return Ok(ExitCode::SUCCESS);
    };
    let shown = path.display();
    let document = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
    let wanted = size::insert(&document, &table).with_context(|| shown.to_string())?;
    if document == wanted {
        ui::step("Unchanged", shown);
    } else if args.write.is_some() {
        files::write(path, wanted.as_bytes()).with_context(|| format!("cannot write {shown}"))?;
        ui::step("Wrote", format_args!("the table of sizes in {shown}"));
    } else {
        ui::err(format_args!(
            "error: {shown} has another table of sizes than these guests:\n{table}\
             write it with `size --write {shown}`"
        ));
        return Ok(ExitCode::from(1));
    }
    Ok(ExitCode::SUCCESS)
}
