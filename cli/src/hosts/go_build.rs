//! Builds small Go programs around the official Go module; their sources are in this tool.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Error, failed, lock};
use crate::{process, ui};

/// The module that the programs are built from; their `go.mod` pins its version.
const LIBRARY: &str = "github.com/http-wasm/http-wasm-host-go";

/// A program: its name, and its text with the versions of what it is built from.
#[derive(Debug)]
pub struct Program {
    /// The name of its folder and of its binary.
    pub name: &'static str,
    /// Names and texts of its files.
    pub source: [(&'static str, &'static str); 3],
}

impl Program {
    /// The version of the module.
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

/// The program below `tools`, built first if it is not there or is of another source.
///
/// # Errors
/// When Go is missing, or a module cannot be had.
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
            // Gone before the source changes, so that what is there is always of this source.
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
        build(&home, &binary)?;
    }
    Ok(binary)
}

/// Under another name first, because a build that was killed must not look like one that was done.
fn build(home: &Path, binary: &Path) -> Result<(), Error> {
    let fresh = binary.with_extension("new");
    let mut go = Command::new("go");
    go.args(["build", "-trimpath", "-buildvcs=false", "-o"]).arg(&fresh).arg(".");
    // Settings of the user's own projects are not for this one.
    go.current_dir(home).env("GOWORK", "off").env("GOFLAGS", "").env("CGO_ENABLED", "0");
    process::run(&mut go).map_err(Error::Go)?;
    fs::rename(&fresh, binary).map_err(failed("cannot create", binary))
}
