//! From a filter's source to a guest that a host can load: cargo, the link passes, `wasm-opt`, the
//! check, and the file.
//!
//! Each stage is a function over bytes; the file appears only when all of them succeeded, and in one
//! step, because hosts reload a guest while it is being written.

mod cache;
mod compile;
mod optimise;

use std::collections::HashSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::check::{self, Limits};
use crate::project::{Filter, GuestTarget, Project};
use crate::tools::{self, WasmOpt};
use crate::{link, process};

pub use compile::{PROFILE, PROFILE_SETTINGS};

/// Why a guest was not built.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program that is needed could not be had.
    #[error(transparent)]
    Tool(#[from] tools::Error),
    /// A program failed.
    #[error(transparent)]
    Process(#[from] process::Error),
    /// Cargo succeeded and did not say where the module is.
    #[error(
        "cargo built `{filter}` and named no .wasm file; its library needs `crate-type = [\"cdylib\", \"rlib\"]`"
    )]
    NoModule {
        /// The package.
        filter: String,
    },
    /// The module could not be rewritten.
    #[error("`{filter}`: {source}")]
    Link {
        /// The package.
        filter: String,
        /// Why.
        source: link::Error,
    },
    /// A file could not be read or written.
    #[error("{action} {}: {source}", path.display())]
    File {
        /// What was being done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The guest would not run on every host.
    #[error("`{filter}` did not pass the check, and no guest was written:{}", listed(&report.problems))]
    Refused {
        /// The package.
        filter: String,
        /// Everything that was found.
        report: Box<check::Report>,
    },
}

fn listed(findings: &[check::Finding]) -> String {
    findings.iter().map(|finding| format!("\n    {finding}")).collect()
}

/// How to build.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// With debug assertions and panic messages, to a folder of its own.
    pub dev: bool,
    /// The `wasm-opt` that the user named.
    pub wasm_opt: Option<PathBuf>,
    /// What the guest may be at most.
    pub limits: Limits,
}

/// The bytes of a module after each stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sizes {
    /// As cargo's linker wrote it.
    pub cargo: u64,
    /// After the link passes; names are still inside.
    pub link: u64,
    /// After `wasm-opt`; names are still inside.
    pub wasm_opt: u64,
    /// What a host loads.
    #[serde(rename = "final")]
    pub last: u64,
}

/// A finished guest.
#[derive(Debug, Clone, Serialize)]
pub struct BuiltGuest {
    /// The package.
    pub filter: String,
    /// The file that a host loads.
    pub path: PathBuf,
    /// The same code with names.
    pub named_path: PathBuf,
    /// Bytes after each stage.
    pub sizes: Sizes,
    /// What the check found.
    pub report: check::Report,
}

/// Builds filters of one project, and looks for tools only once.
#[derive(Debug)]
pub struct Builder<'a> {
    project: &'a Project,
    options: &'a Options,
    wasm_opt: WasmOpt,
    targets: HashSet<GuestTarget>,
}

/// Builds one filter.
///
/// # Errors
/// When a stage fails; nothing is written then.
pub fn build(project: &Project, filter: &Filter, options: &Options) -> Result<BuiltGuest, Error> {
    Builder::new(project, options)?.build(filter)
}

impl<'a> Builder<'a> {
    /// Finds, or installs, what every build needs.
    ///
    /// # Errors
    /// When that fails.
    pub fn new(project: &'a Project, options: &'a Options) -> Result<Self, Error> {
        let wasm_opt = WasmOpt::find_or_install(options.wasm_opt.as_deref(), &project.target_dir)?;
        Ok(Self { project, options, wasm_opt, targets: HashSet::new() })
    }

    /// The `wasm-opt` in use.
    #[must_use]
    pub fn wasm_opt(&self) -> &WasmOpt {
        &self.wasm_opt
    }

    /// Builds one filter.
    ///
    /// # Errors
    /// When a stage fails; nothing is written then.
    pub fn build(&mut self, filter: &Filter) -> Result<BuiltGuest, Error> {
        let target = filter.options.target;
        if self.targets.insert(target) {
            tools::ensure_target(target.triple())?;
        }
        let artifact = compile::compile(self.project, filter, self.options.dev)?;
        let compiled = read(&artifact)?;
        let wrong = |source| Error::Link { filter: filter.name.clone(), source };
        let linked = link::link(&compiled).map_err(wrong)?.bytes;
        let named = self.optimise(filter, &linked)?;
        let last = link::strip(&named).map_err(wrong)?;

        let report = check::check(&last, &self.options.limits);
        if !report.is_ok() {
            let filter = filter.name.clone();
            return Err(Error::Refused { filter, report: Box::new(report) });
        }
        let path = self.place("guests", filter);
        let named_path = self.place("guests-named", filter);
        // The named one first: a guest whose names are of an older build would mislead.
        write(&named_path, &named)?;
        write(&path, &last)?;
        let sizes = Sizes {
            cargo: compiled.len() as u64,
            link: linked.len() as u64,
            wasm_opt: named.len() as u64,
            last: last.len() as u64,
        };
        Ok(BuiltGuest { filter: filter.name.clone(), path, named_path, sizes, report })
    }

    fn optimise(&self, filter: &Filter, linked: &[u8]) -> Result<Vec<u8>, Error> {
        let cache = cache::Entry::new(&self.place("guests-cache", filter), &self.wasm_opt);
        if let Some(known) = cache.get(linked) {
            return Ok(known);
        }
        let optimised = optimise::optimise(&self.wasm_opt, filter.options.target, linked)?;
        cache.put(linked, &optimised)?;
        Ok(optimised)
    }

    /// The file of a filter in one of the folders below the target folder.
    fn place(&self, folder: &str, filter: &Filter) -> PathBuf {
        let dev = if self.options.dev { "-dev" } else { "" };
        self.project
            .target_dir
            .join(format!("{folder}{dev}"))
            .join(format!("{}.wasm", filter.options.guest))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::File {
        action: "cannot read",
        path: path.to_path_buf(),
        source,
    })
}

/// Writes a file in one step. A file that has these bytes already is left alone, so that no host
/// reloads it.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |source| Error::File { action: "cannot write", path: path.to_path_buf(), source };
    if std::fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut temporary = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // Temporary files are private; a guest is read by servers that run as another user.
        temporary.permissions(std::fs::Permissions::from_mode(0o644));
    }
    let mut temporary = temporary.tempfile_in(folder).map_err(failed)?;
    temporary.write_all(bytes).map_err(failed)?;
    temporary.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
