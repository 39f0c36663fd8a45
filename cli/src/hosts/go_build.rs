//! Builds small Go programs around the official Go host library; their sources are embedded here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::error::{Error, failed};
use crate::{lock, process, ui};

/// The library that the programs are built from; their `go.mod` pins its version.
const LIBRARY: &str = "github.com/http-wasm/http-wasm-host-go";

/// The `go` command failed.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0}\nGo 1.22 or later is needed (https://go.dev/dl), and the first time access to a Go module proxy"
)]
struct GoFailed(#[source] process::Error);

/// A Go program: its name and its source.
#[derive(Debug)]
pub struct Program {
    /// The name of its folder and of its binary.
    pub name: &'static str,
    /// Names and texts of its files.
    pub source: [(&'static str, &'static str); 3],
}

impl Program {
    /// The pinned version of the library.
    #[must_use]
    pub fn version(&self) -> &'static str {
        let files = self.source.iter().filter(|(name, _)| *name == "go.mod");
        files
            .flat_map(|(_, text)| text.lines())
            .filter_map(|line| line.trim().trim_start_matches("require ").strip_prefix(LIBRARY))
            .find_map(|rest| rest.split_whitespace().next())
            .unwrap_or("of an unknown version")
    }
}

/// The path of a program below `tools`; builds it if it is missing or its source has changed.
///
/// # Errors
/// When Go is missing, or a module cannot be downloaded.
pub fn ensure(tools: &Path, program: &Program) -> Result<PathBuf, Error> {
    let Program { name: program_name, source } = program;
    let home = tools.join(program_name);
    let binary = home.join(format!("{program_name}{}", std::env::consts::EXE_SUFFIX));
    let _lock = lock::lock(tools, program_name).map_err(failed("cannot lock a file in", tools))?;
    fs::create_dir_all(&home).map_err(failed("cannot create", &home))?;
    let mut same = binary.is_file();
    for (name, text) in source {
        let file = home.join(name);
        if !fs::read_to_string(&file).is_ok_and(|present| present == *text) {
            same = false;
            // Removed before the source changes, so that a binary always belongs to its source.
            if binary.is_file() {
                fs::remove_file(&binary).map_err(failed("cannot remove", &binary))?;
            }
            fs::write(&file, text).map_err(failed("cannot write", &file))?;
        }
    }
    if !same {
        ui::step(
            "Building",
            format_args!("{program_name} on {LIBRARY} {}, once", program.version()),
        );
        build(program_name, &home, &binary)?;
    }
    Ok(binary)
}

/// Runs a `go` command; `program` is what it is for.
///
/// # Errors
/// When Go is missing or fails.
pub fn run(program: &'static str, go: &mut Command) -> Result<Output, Error> {
    process::run(go).map_err(GoFailed).map_err(Error::install(program))
}

/// Builds under a temporary name first: a build that was killed must not look finished.
fn build(program: &'static str, home: &Path, binary: &Path) -> Result<(), Error> {
    let fresh = binary.with_extension("new");
    let mut go = Command::new("go");
    go.args(["build", "-trimpath", "-buildvcs=false", "-o"]).arg(&fresh).arg(".");
    // The user's Go settings are for other projects.
    go.current_dir(home).env("GOWORK", "off").env("GOFLAGS", "").env("CGO_ENABLED", "0");
    run(program, &mut go)?;
    fs::rename(&fresh, binary).map_err(failed("cannot create", binary))
}
