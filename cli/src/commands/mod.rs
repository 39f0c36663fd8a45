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

use crate::build::Error as BuildError;
use crate::check::Limits;

pub use global::GlobalArgs;

/// The exit code for an error: 1 when a guest or its source was examined and is wrong, 2 when
/// something could not be done.
#[must_use]
pub fn failure_code(error: &anyhow::Error) -> u8 {
    let build = error.downcast_ref::<BuildError>();
    if build.is_some_and(BuildError::is_finding) { 1 } else { 2 }
}

/// The largest guest that is accepted.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct LimitArgs {
    /// Refuse guests with more pages of memory at the start
    #[arg(long, value_name = "PAGES", default_value_t = Limits::default().max_pages)]
    max_pages: u64,
    /// Refuse guests with more bytes
    #[arg(long, value_name = "BYTES")]
    max_size: Option<u64>,
}

impl From<LimitArgs> for Limits {
    fn from(LimitArgs { max_pages, max_size }: LimitArgs) -> Self {
        Self { max_pages, max_size }
    }
}
