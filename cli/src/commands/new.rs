//! `new`: creates a filter from a template and prints the next steps.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use super::GlobalArgs;
use crate::{process, scaffold, ui};

/// Arguments of `new`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of the crate
    name: String,
    /// Which template to copy
    #[arg(long, value_name = "TEMPLATE", default_value = "basic")]
    template: String,
    /// Folder to create [default: ./NAME]
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,
    /// Folder of the crate http-wasm-sdk [default: the checkout that this tool was built from]
    #[arg(long, value_name = "DIR")]
    sdk: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When no filter was created; then nothing was changed.
pub fn run(args: &Args, global: &GlobalArgs) -> anyhow::Result<ExitCode> {
    let sdk = args.sdk.clone().unwrap_or_else(scaffold::sdk_of_this_tool);
    let folder = args.path.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    let written = scaffold::write(&scaffold::Request {
        name: &args.name,
        template: &args.template,
        folder: &folder,
        sdk: &sdk,
    })?;
    ui::step("Created", format_args!("{} from template `{}`", folder.display(), args.template));
    for file in &written.files {
        ui::step("", file);
    }
    if let Some(root) = &written.workspace {
        ui::step("Member", format_args!("of the workspace in {}", root.display()));
    }
    if let (Some(root), true) = (&written.workspace, written.has_old_resolver) {
        ui::warn(format_args!(
            "this workspace has cargo's resolver 1, with which the filter cannot be built: have \
             `resolver = \"3\"` in [workspace] of {}",
            root.join("Cargo.toml").display()
        ));
    }
    let enter = process::quoted(folder.as_os_str());
    ui::step("Next", format_args!("cd {enter} && cargo test && cargo xtask build"));
    if written.workspace.is_none() && process::on_path("cargo-http-wasm").is_none() {
        let cli = scaffold::sdk_of_this_tool().with_file_name("cli");
        let cli = process::quoted(cli.as_os_str());
        ui::step(
            "",
            format_args!("`cargo xtask` there needs: cargo install --locked --debug --path {cli}"),
        );
    }
    if global.json() {
        let (folder, files) = (&written.folder, &written.files);
        let workspace = &written.workspace;
        let result = json!({ "folder": folder, "files": files, "workspace": workspace });
        global.print(&result, || {})?;
    }
    Ok(ExitCode::SUCCESS)
}
