//! `setup`: installs what the other commands need.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use super::GlobalArgs;
use crate::project::GuestTarget;
use crate::tools::{self, WasmOpt};
use crate::ui;

/// Arguments of `setup`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The wasm-opt to use, instead of WASM_OPT, PATH or target/tools
    #[arg(long, value_name = "FILE")]
    wasm_opt: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When something cannot be installed.
pub fn run(args: &Args, global: &GlobalArgs) -> anyhow::Result<ExitCode> {
    let project = global.project()?;
    let triples: BTreeSet<_> = project
        .filters
        .iter()
        .map(|filter| filter.options.target)
        .chain([GuestTarget::default()])
        .map(GuestTarget::triple)
        .collect();
    let mut targets = Vec::new();
    for triple in triples {
        let added = tools::ensure_target(triple, &project.root)?;
        targets.push((triple, if added { "added" } else { "present" }));
    }
    let tool = WasmOpt::find_or_install(args.wasm_opt.as_deref(), &project.target_dir)?;
    let (version, origin, path) = (tool.version().number(), tool.origin(), tool.program());
    let target = |(triple, state): &(&str, &str)| json!({ "triple": triple, "state": state });
    let result = json!({
        "targets": targets.iter().map(target).collect::<Vec<_>>(),
        "wasm_opt": { "version": version, "origin": origin, "path": path },
    });
    global.print(&result, || {
        for (triple, state) in &targets {
            ui::out(format_args!("target    {triple} ({state})"));
        }
        ui::out(format_args!("wasm-opt  {version} ({origin}, {})", path.display()));
    })?;
    Ok(ExitCode::SUCCESS)
}
