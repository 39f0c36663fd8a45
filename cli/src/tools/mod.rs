//! Finds and installs the external tools: the optimiser `wasm-opt` of Binaryen, and the standard
//! library for the compilation targets of guests.
//!
//! `wasm-opt` is searched in the order `--wasm-opt`, `WASM_OPT`, `PATH`, `<target>/tools`. When it is
//! missing, a pinned version is installed below `<target>/tools`: in a temporary folder that is
//! renamed after its version was verified, so that an installation is complete or missing.

mod target;

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cleanup::TempFolder;
use crate::process::{self, on_path};
use crate::{lock, ui};

pub use target::ensure_target;
pub(crate) use target::sysroot;

/// The npm package of Binaryen; its major version is the version of Binaryen.
const NPM_PACKAGE: &str = "binaryen@132.0.0";
/// The crate that compiles Binaryen.
const CRATE: &str = "wasm-opt";
const CRATE_VERSION: &str = "=0.116.1";
const CRATE_BINARYEN: BinaryenVersion = BinaryenVersion(116);

/// The prefix of the folders of installations that are not complete.
const PREFIX: &str = ".installing-wasm-opt-";

/// Why a tool cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program failed.
    #[error(transparent)]
    Process(#[from] process::Error),
    /// The program is not `wasm-opt`.
    #[error("{}: `--version` printed `{found}`; wanted `wasm-opt version N`", path.display())]
    NotWasmOpt {
        /// The program that was run.
        path: PathBuf,
        /// Its first line.
        found: String,
    },
    /// The `wasm-opt` that the user named is too old.
    #[error("{}: found version {found}, wanted {} or later; leave out {origin} to have version {} installed", path.display(), BinaryenVersion::MINIMUM, BinaryenVersion::PINNED)]
    TooOld {
        /// The program.
        path: PathBuf,
        /// The option or variable that named it.
        origin: &'static str,
        /// Its version.
        found: BinaryenVersion,
    },
    /// The file that the user named does not exist.
    #[error("{origin}: no file {}; name a wasm-opt that exists, or leave it out to have one installed", path.display())]
    Missing {
        /// The option or variable that named it.
        origin: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// The program that fetches or compiles it failed.
    #[error(
        "cannot install wasm-opt: {source}\nName one that is there, with --wasm-opt or the variable WASM_OPT, or build without it: --no-wasm-opt"
    )]
    Fetch {
        /// What failed.
        source: process::Error,
    },
    /// The installed files could not be written.
    #[error("cannot install into {}: {source}", folder.display())]
    Install {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The installed version is not the pinned one.
    #[error(
        "the installed wasm-opt reports version {found}, wanted {wanted}; name another one with --wasm-opt"
    )]
    Unexpected {
        /// The version of what was installed.
        found: BinaryenVersion,
        /// The version that is pinned.
        wanted: BinaryenVersion,
    },
    /// The compilation target is missing, and so is rustup to add it.
    #[error(
        "the toolchain has no standard library for {triple}, and rustup is missing to add it; install the package of your system that has it (often called rust-std-{triple} or rust-wasm), or rustup from https://rustup.rs"
    )]
    NoRustup {
        /// The target.
        triple: &'static str,
    },
}

/// A version of Binaryen: one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BinaryenVersion(u32);

impl BinaryenVersion {
    /// The version that is installed, and that the sizes in the documents were measured with.
    pub const PINNED: Self = Self(132);
    /// The oldest supported version; older ones lack options that the build uses.
    pub const MINIMUM: Self = Self(116);

    /// The number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// Parses the output of `wasm-opt --version`, such as `wasm-opt version 132 (version_132)`.
    fn parse(text: &str) -> Option<Self> {
        let rest = text.trim().strip_prefix("wasm-opt version ")?;
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok().map(Self)
    }
}

impl fmt::Display for BinaryenVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A `wasm-opt` with a supported version.
#[derive(Debug, Clone)]
pub struct WasmOpt {
    program: PathBuf,
    origin: &'static str,
    version: BinaryenVersion,
}

impl WasmOpt {
    /// Finds a `wasm-opt`, or installs the pinned one.
    ///
    /// # Errors
    /// When the one that the user named is unusable, or the installation fails.
    pub fn find_or_install(named: Option<&Path>, target_dir: &Path) -> Result<Self, Error> {
        let variable = std::env::var_os("WASM_OPT").filter(|value| !value.is_empty());
        let chosen = named
            .map(|path| ("--wasm-opt", path.to_path_buf()))
            .or_else(|| variable.map(|path| ("WASM_OPT", path.into())));
        if let Some((origin, path)) = chosen {
            return Self::chosen(origin, path);
        }
        if let Some(path) = on_path("wasm-opt") {
            match Self::probe("PATH", path) {
                Ok(tool) if tool.version >= BinaryenVersion::MINIMUM => return Ok(tool),
                Ok(tool) => ui::warn(format_args!(
                    "{} is version {}, and {} or later is wanted; using {} instead",
                    tool.program.display(),
                    tool.version,
                    BinaryenVersion::MINIMUM,
                    tools_dir(target_dir).display(),
                )),
                Err(error) => ui::warn(format_args!("wasm-opt on PATH is not used: {error}")),
            }
        }
        match Self::installed(target_dir) {
            Some(tool) => Ok(tool),
            None => Self::install(target_dir),
        }
    }

    /// The version.
    #[must_use]
    pub const fn version(&self) -> BinaryenVersion {
        self.version
    }

    /// Where the program is.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Where it was found: an option, a variable, or a folder.
    #[must_use]
    pub const fn origin(&self) -> &'static str {
        self.origin
    }

    /// A command that runs the program.
    #[must_use]
    pub fn command(&self) -> Command {
        command(&self.program)
    }

    fn chosen(origin: &'static str, path: PathBuf) -> Result<Self, Error> {
        let path = match on_path_if_bare(&path) {
            Some(path) => path,
            None if path.is_file() => path,
            None => return Err(Error::Missing { origin, path }),
        };
        Self::probe(origin, path)?.new_enough()
    }

    fn new_enough(self) -> Result<Self, Error> {
        if self.version < BinaryenVersion::MINIMUM {
            return Err(Error::TooOld {
                path: self.program,
                origin: self.origin,
                found: self.version,
            });
        }
        Ok(self)
    }

    /// Runs a program to get its version.
    fn probe(origin: &'static str, program: PathBuf) -> Result<Self, Error> {
        let output = process::run(command(&program).arg("--version"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        match BinaryenVersion::parse(&text) {
            Some(version) => Ok(Self { program, origin, version }),
            None => Err(Error::NotWasmOpt {
                path: program,
                found: text.lines().next().unwrap_or_default().to_owned(),
            }),
        }
    }

    /// The one that an earlier run installed. Its version was verified before its folder was renamed,
    /// so it is not verified again; that keeps warm builds fast.
    fn installed(target_dir: &Path) -> Option<Self> {
        let there = |version| {
            let program = program_in(&installed_dir(target_dir, version));
            program.is_file().then_some(Self { program, origin: "target/tools", version })
        };
        // The older version from the crate is only for machines without Node.
        there(BinaryenVersion::PINNED)
            .or_else(|| if npm().is_none() { there(CRATE_BINARYEN) } else { None })
    }

    fn install(target_dir: &Path) -> Result<Self, Error> {
        let tools = tools_dir(target_dir);
        let failed = |source| Error::Install { folder: tools.clone(), source };
        let _lock = lock::lock(&tools, "wasm-opt").map_err(failed)?;
        if let Some(tool) = Self::installed(target_dir) {
            // Another process was faster.
            return Ok(tool);
        }
        remove_leftovers(&tools);
        let temporary = TempFolder::new_in(PREFIX, &tools).map_err(failed)?;
        let ready = temporary.path().join("ready");
        std::fs::create_dir_all(ready.join("bin")).map_err(failed)?;
        let (wanted, done) = match npm() {
            Some(npm) => {
                ui::step(
                    "Installing",
                    format_args!("wasm-opt, npm package {NPM_PACKAGE}: seconds"),
                );
                (BinaryenVersion::PINNED, from_npm(&npm, temporary.path(), &ready))
            }
            None => {
                ui::step(
                    "Installing",
                    format_args!(
                        "wasm-opt, crate {CRATE}: compiled, which takes some 13 minutes of one core; with Node and npm on PATH it takes seconds"
                    ),
                );
                (CRATE_BINARYEN, from_crate(temporary.path(), &ready))
            }
        };
        done.map_err(|error| match error {
            InstallError::Process(source) => Error::Fetch { source },
            InstallError::Io(source) => failed(source),
        })?;
        let found = Self::probe("target/tools", program_in(&ready))?.version;
        if found != wanted {
            return Err(Error::Unexpected { found, wanted });
        }
        let folder = installed_dir(target_dir, wanted);
        // A damaged installation has no program, or it would have been found.
        drop(std::fs::remove_dir_all(&folder));
        std::fs::rename(&ready, &folder).map_err(failed)?;
        Ok(Self { program: program_in(&folder), origin: "target/tools", version: wanted })
    }
}

/// Removes what a killed installation left: no other one runs while this one has the lock. A failure
/// here does no harm.
fn remove_leftovers(tools: &Path) {
    for entry in std::fs::read_dir(tools).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}

/// The package manager of Node, if both exist.
fn npm() -> Option<PathBuf> {
    on_path("node").and_then(|_| on_path("npm"))
}

/// Why files could not be downloaded into a folder.
#[derive(Debug, thiserror::Error)]
enum InstallError {
    #[error(transparent)]
    Process(#[from] process::Error),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Installs from npm. The package has all tools of Binaryen and a library, 105 MB; one tool of 11 MB
/// is kept.
fn from_npm(npm: &Path, temporary: &Path, ready: &Path) -> Result<(), InstallError> {
    let prefix = temporary.join("npm");
    std::fs::create_dir_all(&prefix)?;
    process::run(
        Command::new(npm)
            .args([
                "install",
                "--no-audit",
                "--no-fund",
                "--no-save",
                "--ignore-scripts",
                "--prefix",
            ])
            .arg(&prefix)
            .arg(NPM_PACKAGE),
    )?;
    let package = prefix.join("node_modules").join("binaryen");
    for (from, to) in [
        ("bin/wasm-opt", "bin/wasm-opt.js"),
        // Sets the module type of the scripts beside it.
        ("bin/package.json", "bin/package.json"),
        ("LICENSE", "LICENSE"),
    ] {
        std::fs::rename(package.join(from), ready.join(to))?;
    }
    Ok(())
}

fn from_crate(temporary: &Path, ready: &Path) -> Result<(), InstallError> {
    let root = temporary.join("cargo");
    process::run_watched(
        process::cargo()
            .args(["install", CRATE, "--version", CRATE_VERSION, "--locked", "--root"])
            .arg(&root),
        |line| {
            // The temporary folder is not meant to be on PATH.
            if !line.contains("be sure to add") {
                ui::err(line);
            }
        },
    )?;
    let program = format!("bin/wasm-opt{}", std::env::consts::EXE_SUFFIX);
    std::fs::rename(root.join(&program), ready.join(&program))?;
    Ok(())
}

fn tools_dir(target_dir: &Path) -> PathBuf {
    target_dir.join("tools")
}

fn installed_dir(target_dir: &Path, version: BinaryenVersion) -> PathBuf {
    tools_dir(target_dir).join(format!("binaryen-{version}"))
}

/// The program in a folder that [`WasmOpt::install`] filled.
fn program_in(folder: &Path) -> PathBuf {
    let script = folder.join("bin").join("wasm-opt.js");
    if script.is_file() {
        return script;
    }
    folder.join("bin").join(format!("wasm-opt{}", std::env::consts::EXE_SUFFIX))
}

/// The command for a program. A script is passed to Node, which also works on systems without `#!`.
fn command(program: &Path) -> Command {
    if program.extension() == Some(OsStr::new("js")) {
        let mut command = Command::new("node");
        command.arg(program);
        command
    } else {
        Command::new(program)
    }
}

/// The program on `PATH`, for a name without a folder, as in a shell.
fn on_path_if_bare(path: &Path) -> Option<PathBuf> {
    (path.components().count() == 1).then(|| on_path(path.to_str()?)).flatten()
}

#[cfg(test)]
mod tests;
