//! Guests on real hosts: recorded exchanges replayed over HTTP through a server that other people
//! wrote.
//!
//! [`HostUnderTest`] is what a host has to offer: it takes guests with their configurations and
//! gives an address for each. What is sent, seen and compared is the same for all of them.

#[cfg(test)]
mod fixture;
pub mod go;
pub mod go_build;
pub mod http_replay;
pub mod layer;
mod lock;
pub mod replay;
pub mod server_process;
pub mod traefik;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use http_wasm_abi::LogLevel;
use http_wasm_model::exchange::LogEntry;

use crate::http_probe;
use server_process::NotReady;

/// A guest with a configuration: what one middleware of a host is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The guest's name, for messages.
    pub guest: String,
    /// The guest.
    pub wasm: PathBuf,
    /// Its configuration, if there is one.
    pub config: Option<Vec<u8>>,
    /// Messages below this level are not logged, where the host can be told so.
    pub log: LogLevel,
}

/// A real host, installed and not running.
pub trait HostUnderTest {
    /// What it is while it runs.
    type Running: RunningHost;

    /// The name that recorded exchanges use for it.
    fn key(&self) -> &str;

    /// Its name and version, for people.
    fn describe(&self) -> String;

    /// Why it cannot hand over this configuration, if it cannot.
    fn refuses(&self, _config: Option<&[u8]>) -> Option<String> {
        None
    }

    /// Starts it with all places at once in front of the upstream, and waits until it is ready.
    /// `folder` is empty and is its own.
    fn start(
        &self,
        places: &[Place],
        upstream: SocketAddr,
        folder: &Path,
    ) -> impl Future<Output = Result<Self::Running, Error>>;
}

/// A host that runs; it stops when this is dropped.
pub trait RunningHost {
    /// Where requests for a place go.
    fn address(&self, place: usize) -> SocketAddr;

    /// Makes a request one for this place, where the address alone does not say it.
    ///
    /// # Errors
    /// The reason why this request cannot be sent there.
    fn direct(&self, _place: usize, _request: &mut http_probe::Request) -> Result<(), String> {
        Ok(())
    }

    /// What the guest of this place logged in the exchange that has just ended; `None` when that
    /// cannot be known.
    fn logs(&mut self, place: usize) -> impl Future<Output = Option<Vec<LogEntry>>>;
}

/// Why guests could not be run on a host.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Traefik is not there.
    #[error(transparent)]
    Traefik(#[from] traefik::install::Error),
    /// A Go program could not be built.
    #[error(
        "the Go program could not be built: {0}\nIt needs Go 1.22 or later (https://go.dev/dl), and the \
         first time a way to a Go module proxy"
    )]
    Go(#[source] crate::process::Error),
    /// The host ended while it was started.
    #[error("the host ended by itself ({status}); it said:\n{log}")]
    Ended {
        /// How it ended.
        status: String,
        /// What it said.
        log: String,
    },
    /// The host did not become ready.
    #[error("the host was not ready within {seconds} s; it said:\n{log}")]
    NotReady {
        /// The time it had.
        seconds: u64,
        /// What it said.
        log: String,
    },
    /// The host does not take the configuration that was made for it.
    #[error(
        "the host cannot read its configuration, of which every `config` of the exchanges is a \
         part; one that it cannot take needs `[exchange.skip] {key} = \"why\"`. It said:\n{log}"
    )]
    Configuration {
        /// The name that recorded exchanges use for the host.
        key: &'static str,
        /// What it said.
        log: String,
    },
    /// The host does not take a guest.
    #[error("the host does not take the guest `{guest}`: {reason}")]
    Refused {
        /// Which guest.
        guest: String,
        /// Why not, in the host's words.
        reason: String,
    },
    /// An exchange could not be carried out.
    #[error(transparent)]
    Live(#[from] http_probe::Error),
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

impl Error {
    /// Why a server that has one guest is not ready; `said` is what it printed. One that ends by
    /// itself does so because of the guest.
    pub fn not_ready(reason: NotReady, guest: &str, said: String) -> Self {
        match reason {
            NotReady::Ended(status) => {
                let reason = format!("{} ({status})", said.trim());
                Self::Refused { guest: guest.to_owned(), reason }
            }
            NotReady::Late(time) => Self::NotReady { seconds: time.as_secs(), log: said },
        }
    }
}

/// An error of the file system or of a process, for `map_err`.
pub fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { what, path, source }
}

/// Creates a folder for a host in `target`; it is removed when dropped, unless it is to be kept.
///
/// # Errors
/// When the folder cannot be created.
pub fn folder(target: &Path, name: &str, keep: bool) -> Result<tempfile::TempDir, Error> {
    let parent = target.join("interop");
    std::fs::create_dir_all(&parent).map_err(failed("cannot create", &parent))?;
    let folder = tempfile::Builder::new()
        .prefix(&format!("{name}-"))
        .disable_cleanup(keep)
        .tempdir_in(&parent)
        .map_err(failed("cannot create a folder in", &parent))?;
    if keep {
        crate::ui::step("Keeping", folder.path().display());
    }
    Ok(folder)
}
