//! Builds the official Go host: a small program around its library, whose source is in this tool.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::interop::{Error, lock};
use crate::{process, ui};

/// The program: its text, and the versions of what it is built from.
const SOURCE: [(&str, &str); 3] = [
    ("main.go", include_str!("../../../../interop/go/main.go")),
    ("go.mod", include_str!("../../../../interop/go/go.mod")),
    ("go.sum", include_str!("../../../../interop/go/go.sum")),
];

/// The library that the program is built from; `go.mod` pins its version.
const LIBRARY: &str = "github.com/http-wasm/http-wasm-host-go";

/// The version of the library.
#[must_use]
pub(super) fn version() -> &'static str {
    let lines =
        SOURCE.iter().filter(|(name, _)| *name == "go.mod").flat_map(|(_, text)| text.lines());
    lines
        .filter_map(|line| line.trim().trim_start_matches("require ").strip_prefix(LIBRARY))
        .find_map(|rest| rest.split_whitespace().next())
        .unwrap_or("of an unknown version")
}

/// The program below `tools`, built first if it is not there or is of another source.
///
/// # Errors
/// When Go is missing, or a module cannot be had.
pub(super) fn ensure(tools: &Path) -> Result<PathBuf, Error> {
    let home = tools.join("go-host");
    let binary = home.join(format!("go-host{}", std::env::consts::EXE_SUFFIX));
    let _lock = lock::lock(tools, "go-host").map_err(failed("cannot lock a file in", tools))?;
    fs::create_dir_all(&home).map_err(failed("cannot create", &home))?;
    let mut same = binary.is_file();
    for (name, text) in SOURCE {
        let file = home.join(name);
        if !fs::read_to_string(&file).is_ok_and(|present| present == text) {
            same = false;
            // Gone before the source changes, so that what is there is always of this source.
            if binary.is_file() {
                fs::remove_file(&binary).map_err(failed("cannot remove", &binary))?;
            }
            fs::write(&file, text).map_err(failed("cannot write", &file))?;
        }
    }
    if !same {
        ui::step("Building", format_args!("the Go host {LIBRARY} {}, once", version()));
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

fn failed(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { what, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_module_file() {
        assert_eq!(version(), "v0.7.0");
    }
}
