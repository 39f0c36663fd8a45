//! Measures the cost of guests on the reference host: per request beside the official Go host, as
//! bodies and chains grow, under load over TCP, when instances start, and in memory over many requests.
//!
//! Separate, optimised programs measure, pinned to a processor where possible. Times are compared only
//! within one run, since they differ between machines and between runs.

pub(crate) mod go;
pub(crate) mod growth;
pub(crate) mod guests;
pub(crate) mod load;
mod programs;
pub(crate) mod requests;
pub(crate) mod soak;
mod spread;
pub(crate) mod start;

use std::path::PathBuf;

use cargo_http_wasm::process;

pub(crate) use programs::Programs;
pub(crate) use spread::Spread;

/// How much is measured. More takes longer and is more exact.
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
    /// Enough for results to rely on.
    pub(crate) const FULL: Self =
        Self { rounds: 11, iterations: 100_000, load: 40_000, load_rounds: 3, soak: 10_000_000 };
    /// Enough to see large regressions.
    pub(crate) const QUICK: Self =
        Self { rounds: 5, iterations: 40_000, load: 10_000, load_rounds: 1, soak: 1_000_000 };
}

/// Why a measurement failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The benchmark programs could not be built.
    #[error("the benchmark programs could not be built: {0}")]
    Build(#[source] process::Error),
    /// Cargo did not report the path of a program.
    #[error("cargo did not report where `{0}` is, wanted an executable among its artifacts")]
    NotBuilt(&'static str),
    /// A benchmark program failed.
    #[error("the measurement failed: {0}")]
    Run(#[source] process::Error),
    /// A benchmark program printed something unexpected.
    #[error("found {found:?} in what `{program}` printed, wanted {wanted}")]
    Output {
        /// Which program.
        program: String,
        /// What it printed.
        found: String,
        /// What was expected.
        wanted: &'static str,
    },
    /// The Go side could not be built or failed.
    #[error(transparent)]
    Go(#[from] cargo_http_wasm::hosts::Error),
    /// A server to be loaded did not start.
    #[error("`{program}` did not print its address within {seconds} s{reason}")]
    Server {
        /// Which server.
        program: String,
        /// The time it had.
        seconds: u64,
        /// What it printed, if anything.
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
