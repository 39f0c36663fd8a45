//! Why guests could not be run on a host. No variant knows a particular host.

use std::io;
use std::path::{Path, PathBuf};

use super::server_process::NotReady;
use crate::http_probe;

/// Why guests could not be run on a host.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The host, or a program around it, could not be installed.
    #[error("cannot install `{host}`: {source}")]
    Install {
        /// The name of the host.
        host: &'static str,
        /// Why not, with the remedy.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The host ended while it was started.
    #[error("the host ended by itself ({status}); it printed:\n{log}")]
    Ended {
        /// How it ended.
        status: String,
        /// What it printed.
        log: String,
    },
    /// The host did not become ready.
    #[error("the host was not ready within {seconds} s; it printed:\n{log}")]
    NotReady {
        /// The time it had.
        seconds: f32,
        /// What it printed.
        log: String,
    },
    /// The host rejects the configuration that was generated for it.
    #[error(
        "the host cannot read its configuration, which contains every `config` of the exchanges; \
         an exchange whose `config` it cannot take needs `[exchange.skip] {host} = \"why\"`. It \
         printed:\n{log}"
    )]
    Configuration {
        /// The name of the host.
        host: &'static str,
        /// What it printed.
        log: String,
    },
    /// The host rejects a guest.
    #[error("the host rejects the guest `{guest}`: {reason}")]
    Rejected {
        /// The guest's name.
        guest: String,
        /// Why, in the host's words.
        reason: String,
    },
    /// A host that is said to run does not.
    #[error("cannot connect to {reason}")]
    Unreachable {
        /// The address, and why not.
        reason: String,
    },
    /// An exchange could not be carried out.
    #[error(transparent)]
    Http(#[from] http_probe::Error),
    /// The file system or a process failed.
    #[error("{action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    /// The error of an installation, for `map_err`.
    pub fn install<E>(host: &'static str) -> impl FnOnce(E) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        move |source| Self::Install { host, source: Box::new(source) }
    }

    /// The error of a server with one guest that is not ready; `output` is what it printed. One
    /// that ends by itself does so because of the guest.
    #[must_use]
    pub fn not_ready(reason: NotReady, guest: &str, output: String) -> Self {
        match reason {
            NotReady::Ended(status) => {
                let reason = format!("{} ({status})", output.trim());
                Self::Rejected { guest: guest.to_owned(), reason }
            }
            NotReady::TimedOut(time) => Self::NotReady { seconds: time.as_secs_f32(), log: output },
        }
    }
}

/// An error of the file system or of a process, for `map_err`.
pub fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { action, path, source }
}
