//! `new`: writes a filter and says what to do next.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::{scaffold, ui};

/// Arguments of `new`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of the crate
    name: String,
    /// Which template to copy
    #[arg(long, value_name = "TEMPLATE", default_value = "basic")]
    template: String,
    /// Folder to make [default: ./NAME]
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,
    /// Folder of the crate http-wasm-sdk [default: the checkout that this tool was built from]
    #[arg(long, value_name = "DIR")]
    sdk: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When no filter was written; then nothing was changed.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
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
    ui::step("Next", format_args!("cd {} && cargo test && cargo xtask build", folder.display()));
    if written.workspace.is_none() && !on_path("cargo-http-wasm") {
        let cli = Path::new(env!("CARGO_MANIFEST_DIR")).display();
        ui::step(
            "",
            format_args!("`cargo xtask` there needs: cargo install --locked --debug --path {cli}"),
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn on_path(program: &str) -> bool {
    let file = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(&file).is_file()))
}
