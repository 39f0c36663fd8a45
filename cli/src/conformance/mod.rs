//! Our conformance suite of the ABI: guests in the text format, and for each the exchanges that any
//! host must run as recorded.
//!
//! The suite is data, the folder `conformance/` of the repository, and embedded in the tool. A case
//! is a guest, `SUBJECT/NAME.wat`, and its exchanges, `SUBJECT/NAME.toml`; a subject is a function of
//! the ABI or a rule of it. Cases that differ in little are generated: see [`families`].
//! `deviations.toml` lists where known hosts differ, with the reason.
//!
//! This module reads the suite and judges the results. [`crate::hosts`] runs exchanges over HTTP; the
//! hosts that only this suite can be run on are [`url`] and [`command`].

pub mod command;
pub mod coverage;
pub mod deviations;
pub mod export;
pub mod families;
pub mod guest;
pub mod model;
pub mod report;
pub mod run;
pub mod suite;
pub mod url;

#[cfg(test)]
mod tests;

pub use deviations::{Deviation, Deviations};
pub use report::{CaseReport, Report};
pub use suite::{Case, Error, Suite};
