//! Finds third-party guests in the Go module cache: every `.wasm` file of the modules that
//! `program/go.mod` pins.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use cargo_http_wasm::cleanup::TempFolder;
use cargo_http_wasm::hosts::{Error, failed, go_build};
use cargo_http_wasm::ui;

/// The modules with their versions, and their checksums.
const FILES: [(&str, &str); 2] =
    [("go.mod", include_str!("program/go.mod")), ("go.sum", include_str!("program/go.sum"))];
/// The prefix of the modules' names.
const OWNER: &str = "github.com/http-wasm/http-wasm-";

/// A guest of a third-party module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ThirdPartyGuest {
    /// The module and the folders in it that distinguish guests, such as `host-go/examples/auth`.
    pub(crate) name: String,
    /// Its file.
    pub(crate) wasm: PathBuf,
    /// Whether both hosts call its `_initialize`, as Traefik does.
    pub(crate) initialize: bool,
}

/// The names of the modules and their versions.
pub(crate) fn pinned() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = FILES[0].1.lines().map(|line| line.trim().trim_start_matches("require "));
    lines.filter(|line| line.starts_with(OWNER)).filter_map(|line| line.split_once(' '))
}

/// All guests of all modules, sorted by name; downloads the modules if they are missing.
///
/// # Errors
/// When Go is missing, or a module cannot be downloaded or has no guest in it.
pub(crate) fn guests() -> Result<Vec<ThirdPartyGuest>, Error> {
    let mut guests = Vec::new();
    for (module, folder) in download()? {
        let before = guests.len();
        let short = module.strip_prefix(OWNER).unwrap_or(&module);
        walk(&folder, &mut |wasm| {
            let path = wasm.strip_prefix(&folder).unwrap_or(&wasm);
            let name = format!("{short}/{}", name(path));
            guests.push(ThirdPartyGuest { name, wasm, initialize: false });
        })?;
        if guests.len() == before {
            let action = "found no file that ends in .wasm in";
            let source = std::io::ErrorKind::NotFound.into();
            return Err(Error::Io { action, path: folder, source });
        }
    }
    guests.sort();
    Ok(guests)
}

/// The name of a guest: its path in the module, without the folders that all share.
fn name(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    let path = parts.join("/");
    let path = path.strip_prefix("internal/test/testdata/").unwrap_or(&path);
    let path = path.strip_suffix(".wasm").unwrap_or(path);
    path.strip_suffix("/main").unwrap_or(path).to_owned()
}

/// Downloads the modules; returns their names and folders.
fn download() -> Result<Vec<(String, PathBuf)>, Error> {
    let home = TempFolder::new("http-wasm-xtask-")
        .map_err(failed("cannot create a folder in", Path::new(".")))?;
    for (name, text) in FILES {
        let file = home.path().join(name);
        fs::write(&file, text).map_err(failed("cannot write", &file))?;
    }
    let mut go = Command::new("go");
    go.args(["mod", "download", "-json"]).args(pinned().map(|(module, _)| module));
    // The user's Go settings are for other projects.
    go.current_dir(home.path()).env("GOWORK", "off").env("GOFLAGS", "-mod=readonly");
    let versions: Vec<_> = pinned().map(|(name, version)| format!("{name} {version}")).collect();
    ui::step("Fetching", versions.join(", "));
    let output = go_build::run("third-party guests", &mut go)?;
    let modules = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    let mut found = Vec::new();
    for module in modules {
        let module = module.map_err(|error| bad_output(&error.to_string()))?;
        match (module["Path"].as_str(), module["Dir"].as_str()) {
            (Some(name), Some(folder)) => found.push((name.to_owned(), folder.into())),
            _ => return Err(bad_output(&module.to_string())),
        }
    }
    Ok(found)
}

fn bad_output(found: &str) -> Error {
    let source = std::io::Error::other(format!("found {found}"));
    Error::Io { action: "wanted a path and a folder from", path: "go mod download".into(), source }
}

/// Calls `found` with every file that ends in `.wasm`.
fn walk(folder: &Path, found: &mut impl FnMut(PathBuf)) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(failed("cannot read", folder))? {
        let entry = entry.map_err(failed("cannot read", folder))?;
        let path = entry.path();
        if entry.file_type().map_err(failed("cannot read", &path))?.is_dir() {
            walk(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "wasm") {
            found(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guests_have_the_version_of_the_host() {
        let pinned: Vec<_> = pinned().collect();
        assert_eq!(pinned.len(), 2);
        let host = pinned.iter().find(|(module, _)| module.ends_with("host-go"));
        assert_eq!(host.map(|(_, version)| *version), Some(cargo_http_wasm::hosts::go::version()));
    }

    #[test]
    fn names_are_short_and_distinguish_guests() {
        for (path, wanted) in [
            ("examples/auth.wasm", "examples/auth"),
            ("internal/test/testdata/bench/wat/log.wasm", "bench/wat/log"),
            ("internal/test/testdata/e2e/tinygo/log/main.wasm", "e2e/tinygo/log"),
            ("tck/tck.wasm", "tck/tck"),
        ] {
            assert_eq!(name(Path::new(path)), wanted);
        }
    }

    #[test]
    fn files_are_found_at_any_depth() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("x.wasm"), "").unwrap();
        fs::write(deep.join("x.wat"), "").unwrap();
        let mut found = Vec::new();
        walk(folder.path(), &mut |path| found.push(path)).unwrap();
        assert_eq!(found, [deep.join("x.wasm")]);
    }
}
