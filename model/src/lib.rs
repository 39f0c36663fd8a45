//! What each host function of the `http_handler` ABI means, as an executable model.
//!
//! - [`exchange`] is one request and its response, and what each of the ABI's functions does with
//!   them, in Rust types. The module `http_handler` decodes the calls of a guest into these
//!   operations: [`Exchange::call`](exchange::Exchange::call).
//! - [`guest`] is the interface of what runs on the model: a WebAssembly instance, or a native handler.
//! - [`profile`] says whose semantics apply; differences between hosts are data.
//!
//! The model knows no WebAssembly and no HTTP library beyond the types of the crate `http`.
#![forbid(unsafe_code)]

pub mod exchange;
pub mod guest;
mod http_handler;
mod memory;
pub mod profile;
mod trap;

pub use profile::Profile;
