//! What guests cost on the reference host: per request beside the official Go host, as bodies and
//! chains grow, under load over TCP, and in memory over many requests.
//!
//! All of it is measured by optimised programs of their own, pinned to a processor where that can be
//! done. Times are compared only within one run: another machine, or this one tomorrow, has others.

pub(crate) mod go;
pub(crate) mod growth;
pub(crate) mod load;
mod programs;
pub(crate) mod requests;
pub(crate) mod soak;
mod spread;

use std::path::PathBuf;

use cargo_http_wasm::process;

pub(crate) use programs::Programs;
pub(crate) use spread::Spread;

/// How much is measured. More takes longer, and says it more exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Effort {
    /// How often each is measured, in turn.
    pub(crate) rounds: usize,
    /// Requests in a round, of those without a body.
    pub(crate) iterations: usize,
    /// Requests of one load.
    pub(crate) load: usize,
    /// How often each server is loaded.
    pub(crate) load_rounds: usize,
    /// Requests over which memory must not grow.
    pub(crate) soak: u64,
}

impl Effort {
    /// Enough to be believed.
    pub(crate) const FULL: Self =
        Self { rounds: 11, iterations: 100_000, load: 40_000, load_rounds: 3, soak: 10_000_000 };
    /// Enough to see that something is very wrong.
    pub(crate) const QUICK: Self =
        Self { rounds: 5, iterations: 40_000, load: 10_000, load_rounds: 1, soak: 1_000_000 };
}

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The programs that measure could not be built.
    #[error("the programs that measure could not be built: {0}")]
    Build(#[source] process::Error),
    /// Cargo built them, and did not say where they are.
    #[error("cargo did not say where it put `{0}`, wanted an executable among its artifacts")]
    NotBuilt(&'static str),
    /// One of them failed.
    #[error("nothing could be measured: {0}")]
    Run(#[source] process::Error),
    /// One of them printed something else than measurements.
    #[error("found {found:?} in what `{program}` printed, wanted {wanted}")]
    Output {
        /// Which program.
        program: String,
        /// What it printed.
        found: String,
        /// What it should have printed.
        wanted: &'static str,
    },
    /// The Go side could not be built or failed.
    #[error(transparent)]
    Go(#[from] cargo_http_wasm::hosts::Error),
    /// A server that was to be loaded did not start.
    #[error("`{program}` did not say its address within {seconds} s{reason}")]
    Server {
        /// Which server.
        program: String,
        /// The time it had.
        seconds: u64,
        /// What it said, if anything.
        reason: String,
    },
    /// The file system or a process failed.
    #[error("{what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
}
