//! One module per command: its arguments, and the steps that they stand for.

pub mod bench;
pub mod build;
pub mod check;
pub mod conformance;
pub mod demo;
pub mod interop;
pub mod new;
mod peers;
pub mod replay;
pub mod serve;
pub mod setup;
pub mod size;
pub mod test;
