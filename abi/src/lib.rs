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
mod packed;
mod table;

pub use constants::{BodyKind, Features, HeaderKind, LogLevel};
pub use packed::{CountLen, CtxNext, EofLen};
pub use table::{
    Access, FUNCTIONS, Function, Param, Phase, Phases, Signature, ValueType, WasmValue,
};

/// The module that every function of this ABI is imported from.
pub const MODULE: &str = "http_handler";

/// The module of WASI preview 1, which some hosts offer beside this ABI.
pub const WASI_MODULE: &str = "wasi_snapshot_preview1";

/// What a guest exports: names and types that every host checks before the first request.
pub mod exports {
    use crate::{Signature, ValueType};

    /// The guest's linear memory; every pointer of the ABI points into it.
    pub const MEMORY: &str = "memory";
    /// The request hook, `() -> i64`; see [`CtxNext`](crate::CtxNext).
    pub const HANDLE_REQUEST: &str = "handle_request";
    /// The response hook, `(req_ctx: i32, is_error: i32)`.
    pub const HANDLE_RESPONSE: &str = "handle_response";
    /// Optional: runs once per instance, before the first request, `()`.
    pub const START: &str = "_start";
    /// Called after [`START`] by one host and by none of the others; not to be relied on.
    pub const INITIALIZE: &str = "_initialize";

    /// Type of [`HANDLE_REQUEST`].
    pub const HANDLE_REQUEST_SIGNATURE: Signature =
        Signature { params: &[], result: Some(ValueType::I64) };
    /// Type of [`HANDLE_RESPONSE`].
    pub const HANDLE_RESPONSE_SIGNATURE: Signature =
        Signature { params: &[ValueType::I32, ValueType::I32], result: None };
    /// Type of [`START`] and [`INITIALIZE`].
    pub const START_SIGNATURE: Signature = Signature { params: &[], result: None };

    /// Every function that a guest may export to a host, with its type and whether it must.
    pub const FUNCTIONS: [(&str, Signature, bool); 3] = [
        (HANDLE_REQUEST, HANDLE_REQUEST_SIGNATURE, true),
        (HANDLE_RESPONSE, HANDLE_RESPONSE_SIGNATURE, true),
        (START, START_SIGNATURE, false),
    ];
}

/// The bytes of one page of linear memory.
pub const PAGE_SIZE: u32 = 65_536;

#[cfg(test)]
mod tests;
