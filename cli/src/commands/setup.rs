//! `setup`

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::project::{GuestTarget, Project};
use crate::tools::{self, WasmOpt};
use crate::ui;

/// Arguments of `setup`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The manifest of the project, instead of the one around the current folder
    #[arg(long, value_name = "FILE")]
    manifest_path: Option<PathBuf>,
    /// The wasm-opt to use, instead of WASM_OPT, PATH or target/tools
    #[arg(long, value_name = "FILE")]
    wasm_opt: Option<PathBuf>,
    /// Show every command that is run
    #[arg(long, short)]
    verbose: bool,
}

/// Runs the command.
///
/// # Errors
/// When it could not be done.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    ui::set_verbose(args.verbose);
    let project = Project::locate(args.manifest_path.as_deref())?;
    let triples: BTreeSet<_> = project
        .filters
        .iter()
        .map(|filter| filter.options.target)
        .chain([GuestTarget::default()])
        .map(GuestTarget::triple)
        .collect();
    for triple in triples {
        let state = if tools::ensure_target(triple)? { "added" } else { "there" };
        println!("target    {triple} ({state})");
    }
    let tool = WasmOpt::find_or_install(args.wasm_opt.as_deref(), &project.target_dir)?;
    println!("wasm-opt  {} ({}, {})", tool.version(), tool.origin(), tool.program().display());
    Ok(ExitCode::SUCCESS)
}
