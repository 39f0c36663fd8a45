//! Real hosts: guests run inside servers that other people wrote, and recorded exchanges are
//! replayed through them over HTTP.
//!
//! Each host is a folder here, with its driver, its installer, its own programs and its tests, and
//! an entry in [`HOSTS`]. [`HostUnderTest`] is what a driver implements: it takes guests with their
//! configurations and gives an address for each. What is sent, observed and compared is common to
//! all hosts.

mod driver;
mod error;
#[cfg(test)]
mod fixture;
pub mod go_build;
pub mod http_replay;
pub mod replay;
pub mod server_process;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod wasi;

// One line for each host here, and one in the list.
pub mod go;
pub mod layer;
mod traefik;

use std::io;
use std::path::{Path, PathBuf};

use clap::builder::PossibleValue;

use crate::cleanup::TempFolder;

pub use driver::{Deployment, Host, HostFuture, HostUnderTest, PROCESS_BATCH, RunningHost};
pub use error::{Error, failed};

/// The hosts that this tool can install and start.
pub static HOSTS: &[Host] = &[layer::HOST, go::HOST, traefik::HOST];

impl clap::ValueEnum for Host {
    fn value_variants<'a>() -> &'a [Self] {
        HOSTS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name).help(self.about))
    }
}

/// A folder for a host; it is removed when dropped, unless it is to be kept.
#[derive(Debug)]
pub enum Folder {
    /// Removed.
    Temporary(TempFolder),
    /// Kept.
    Kept(PathBuf),
}

impl Folder {
    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Kept(folder) => folder,
        }
    }
}

/// Creates a temporary folder for a host.
///
/// # Errors
/// When the folder cannot be created.
pub fn folder(name: &str, keep: bool) -> io::Result<Folder> {
    let folder = TempFolder::new(&format!("http-wasm-{name}-"))?;
    if !keep {
        return Ok(Folder::Temporary(folder));
    }
    let folder = folder.keep();
    crate::ui::step("Keeping", folder.display());
    Ok(Folder::Kept(folder))
}
