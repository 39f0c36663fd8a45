//! The compilation targets of guests in the toolchain of a project.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Error;
use crate::process::{self, on_path};
use crate::ui;

/// Adds the standard library for a target to the toolchain of a project, unless it is there; returns
/// whether it was added. A file in the project's folder, or above it, may name its toolchain.
///
/// # Errors
/// When it is missing and cannot be added.
pub fn ensure_target(triple: &'static str, project: &Path) -> Result<bool, Error> {
    if sysroot_lib(triple, project)?.is_dir() {
        return Ok(false);
    }
    if on_path("rustup").is_none() {
        return Err(Error::NoRustup { triple });
    }
    ui::step("Installing", format_args!("the standard library for {triple}"));
    process::run(Command::new("rustup").args(["target", "add", triple]).current_dir(project))?;
    Ok(true)
}

/// The folder of the toolchain's library for a target, whether it exists or not.
fn sysroot_lib(triple: &str, project: &Path) -> Result<PathBuf, process::Error> {
    printed_by_rustc(&["--print", "target-libdir", "--target", triple], project)
}

/// The folder of a project's toolchain.
pub(crate) fn sysroot(project: &Path) -> Result<PathBuf, process::Error> {
    printed_by_rustc(&["--print", "sysroot"], project)
}

fn printed_by_rustc(arguments: &[&str], project: &Path) -> Result<PathBuf, process::Error> {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let output = process::run(rustc.args(arguments).current_dir(project))?;
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}
