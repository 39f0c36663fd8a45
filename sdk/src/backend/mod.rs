//! The seam to the host. Everything above this module asks the host through what is re-exported here,
//! and knows nothing of the ABI behind it.
//!
//! One ABI is one folder, chosen at compile time: [`abi`]. It provides
//!
//! - the operations: functions in Rust types, which read into a lent [`UninitSlice`] or give
//!   [`BufferTooSmall`];
//! - `Items`, a list of names or values, and `BodyRead`, the result of one read of a body;
//! - [`Host`], what the host was found to do: what an ABI or a host lacks, `Host` reports as absent, and
//!   where hosts of one ABI differ, their quirks stay in the folder;
//! - `Exports`, which calls [`Hooks`] and keeps what was forwarded until the response hook: in one slot
//!   where an instance handles one request at a time, else in one per request.
//!
//! An ABI that sends a response at once collects what the operations write until the request hook
//! returns [`Next::ShortCircuit`]. One that does not consume a body by reading keeps an offset, and
//! `write_body` replaces what was read.
//!
//! The rest of this module is the same for every ABI. It is the only one of this crate with `unsafe`, in
//! this file and those of its folder. Its functions take and give slices, so no pointer leaves it.
#![allow(unsafe_code)]

mod body;
mod bytes;
mod cell;
mod cursor;
mod hooks;
mod http_handler;
#[cfg(all(feature = "small-memory", target_family = "wasm", target_os = "none"))]
mod memory;
mod types;
mod uninit;
mod wasi;

/// The ABI of this guest.
use http_handler as abi;

#[cfg(all(feature = "testing", not(target_family = "wasm")))]
pub(crate) use abi::Simulated;
#[cfg(feature = "log")]
pub(crate) use abi::is_in_exchange;
pub use abi::{Exports, export_names};
pub(crate) use abi::{
    Host, Items, add_header, buffer_response, config, has_header, header_names, header_values, log,
    log_enabled, method, protocol_version, remove_header, set_header, set_method, set_status,
    set_uri, source_addr, status, uri, write_body,
};
pub(crate) use body::{ReadStatus, map_overlapping, read_whole};
#[cfg(feature = "alloc")]
pub(crate) use bytes::push_within_capacity;
pub(crate) use bytes::text;
pub(crate) use cell::GuestCell;
pub(crate) use cursor::Cursor;
pub(crate) use hooks::{Forwarded, Hooks, Next};
pub use types::{BufferTooSmall, Ctx, Level, Needs};
pub(crate) use types::{Message, Section};
pub(crate) use uninit::{UninitSlice, as_uninit};
pub(crate) use wasi::{fill_random, wall_clock};
