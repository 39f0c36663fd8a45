//! Scaffold, build, check, test and run http-wasm guests.
//!
//! Everything that the command line does is a function here, so tests and other tools can do the
//! same. Modules at this level are steps that know nothing of arguments and print nothing but
//! progress (through [`ui`]); [`commands`] has one module per command that turns arguments into
//! steps and results into output.
#![forbid(unsafe_code)]
// A write to a closed stream must not panic; see `ui`.
#![deny(clippy::print_stdout, clippy::print_stderr)]
#![deny(clippy::self_named_module_files)]

pub mod build;
pub mod check;
pub mod cleanup;
pub mod cli;
pub mod commands;
pub mod conformance;
mod diff;
mod files;
pub mod hosts;
pub mod http_probe;
mod lock;
pub mod postlink;
pub mod process;
pub mod project;
pub mod replay;
pub mod scaffold;
pub mod serve;
pub mod shutdown;
pub mod size;
pub mod tools;
pub mod ui;
