//! One module per command: its arguments, the steps that it takes, and how results are printed.

pub mod build;
pub mod check;
pub mod conformance;
pub mod demo;
mod global;
pub mod interop;
pub mod new;
pub mod replay;
pub mod serve;
pub mod setup;
pub mod size;
pub mod test;

use std::path::{Path, PathBuf};

use crate::build::{Error as BuildError, Options};
use crate::check::Limits;
use crate::hosts;
use crate::replay::Error as ReplayError;
use crate::serve::Error as ServeError;

pub use global::GlobalArgs;
pub(crate) use global::Guests;

/// The exit code for an error: 1 when a guest or its source was examined and is wrong, 2 when
/// something could not be done.
#[must_use]
pub fn failure_code(error: &anyhow::Error) -> u8 {
    let is_finding = error.chain().any(|cause| {
        cause.downcast_ref().is_some_and(BuildError::is_finding)
            || matches!(cause.downcast_ref(), Some(ReplayError::Load { .. }))
            || matches!(
                cause.downcast_ref(),
                Some(ServeError::Load { .. } | ServeError::Start { .. })
            )
            || matches!(cause.downcast_ref(), Some(hosts::Error::Rejected { .. }))
    });
    if is_finding { 1 } else { 2 }
}

/// How filters are built: options of every command that builds some.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct BuildArgs {
    /// The wasm-opt to use, instead of WASM_OPT, PATH or target/tools
    #[arg(long, value_name = "FILE")]
    wasm_opt: Option<PathBuf>,
    /// Build without wasm-opt, where it cannot be had; guests are larger
    #[arg(long, conflicts_with = "wasm_opt")]
    no_wasm_opt: bool,
    #[command(flatten)]
    cargo: CargoArgs,
}

/// What is passed on to cargo.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Passed on to cargo")]
pub struct CargoArgs {
    /// Features of the filters, between commas or spaces
    #[arg(long, short = 'F', value_name = "FEATURES")]
    features: Vec<String>,
    /// Build filters without their default features
    #[arg(long)]
    no_default_features: bool,
    /// Fail where Cargo.lock would change
    #[arg(long)]
    locked: bool,
    /// Do without the network
    #[arg(long)]
    offline: bool,
    /// Like --locked and --offline together
    #[arg(long)]
    frozen: bool,
}

impl BuildArgs {
    /// The options of a build.
    #[must_use]
    pub fn options(&self) -> Options {
        Options {
            wasm_opt: self.wasm_opt.clone(),
            no_wasm_opt: self.no_wasm_opt,
            cargo_args: self.cargo.words(),
            ..Options::default()
        }
    }
}

impl CargoArgs {
    /// The words of cargo's command line.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        for features in &self.features {
            words.extend(["--features".to_owned(), features.clone()]);
        }
        let Self { no_default_features, locked, offline, frozen, .. } = *self;
        for (is_set, word) in [
            (no_default_features, "--no-default-features"),
            (locked, "--locked"),
            (offline, "--offline"),
            (frozen, "--frozen"),
        ] {
            words.extend(is_set.then(|| word.to_owned()));
        }
        words
    }
}

/// Whether an argument names a guest's file; otherwise it names a filter.
fn is_file(argument: &Path) -> bool {
    argument.extension().is_some() || argument.components().count() > 1
}

/// The largest guest that is accepted.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct LimitArgs {
    /// Refuse guests with more pages of memory at the start [default: warn of more than 16]
    #[arg(long, value_name = "PAGES")]
    max_pages: Option<u64>,
    /// Refuse guests with more bytes
    #[arg(long, value_name = "BYTES")]
    max_size: Option<u64>,
}

impl From<LimitArgs> for Limits {
    fn from(LimitArgs { max_pages, max_size }: LimitArgs) -> Self {
        Self { max_pages, max_size, ..Self::default() }
    }
}
