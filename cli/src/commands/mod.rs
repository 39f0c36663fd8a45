//! One module per command: its arguments, and the steps that they stand for.

pub mod build;
pub mod check;
pub mod conformance;
pub mod demo;
pub mod interop;
pub mod new;
pub mod replay;
pub mod serve;
pub mod setup;
pub mod size;
pub mod test;

use crate::check::Limits;

/// What a guest may be at most, as it is asked for.
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
