//! The `http_handler` ABI as data.
//!
//! This crate is the only place of the project where the name of a host function, its signature,
//! or the value of a bit is written down. The SDK's imports, the reference host's linker, the
//! checker and the table in the book are all made from [`functions!`](crate::functions) and
//! [`FUNCTIONS`].
//!
//! It holds no behaviour: what a function *does* is the business of the reference host, and how an
//! author reaches it that of the SDK. It has no dependencies, needs neither `std` nor an allocator,
//! and contains no `unsafe`.
#![no_std]
#![forbid(unsafe_code)]

mod constants;
pub mod exports;
mod packed;
mod table;
pub mod wasi;

pub use constants::{BodyKind, Features, HeaderKind, LogLevel};
pub use packed::{CountLen, CtxNext, EofLen};
pub use table::{
    Access, FUNCTIONS, Function, MODULE, Param, Phase, Phases, Signature, ValueType, WasmValue,
};

/// The module of WASI preview 1, which some hosts offer beside this ABI.
pub const WASI_MODULE: &str = "wasi_snapshot_preview1";

/// The bytes of one page of linear memory.
pub const PAGE_SIZE: u32 = 65_536;

#[cfg(test)]
mod tests;
