//! The `http_handler` ABI as data.
//!
//! This crate is the only place of the project where the name of a host function, its signature,
//! or the value of a bit is written down. The imports of the SDK, the linker of the reference host and
//! the checker are generated from [`functions!`](crate::functions) and [`FUNCTIONS`].
//!
//! It holds no behaviour: the exchange model says what a function does, and the SDK how authors call
//! it. It has no dependencies, needs neither `std` nor an allocator,
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
    Access, FUNCTIONS, Function, MODULE, Param, Part, Phase, Phases, Signature, Touches, ValueType,
    Waits, WasmValue,
};

/// The module of WASI preview 1, which some hosts offer beside this ABI.
pub const WASI_MODULE: &str = "wasi_snapshot_preview1";

/// The bytes of one page of linear memory.
pub const PAGE_SIZE: u32 = 65_536;

#[cfg(test)]
mod tests;
