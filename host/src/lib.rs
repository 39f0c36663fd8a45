//! Runs guests of the `http_handler` ABI in this process.
//!
//! - [`engine`] runs WebAssembly guests on wasmtime, over the exchange model of `http-wasm-model`.
//! - [`module_info`] reads what a module imports, exports and calls.
//! - [`layer`] puts them around a `tower` service.
#![forbid(unsafe_code)]

pub mod engine;
pub mod layer;
pub mod module_info;
