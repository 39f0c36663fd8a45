//! The seam to the host: everything above this module asks the host through the operations that are
//! re-exported here, and knows nothing of the ABI behind them.
//!
//! One ABI is one folder, chosen at compile time. It has to provide the functions below, an opaque
//! [`BodyRead`] and [`Items`], the [`Host`] that knows what the host was found to do, and the exports
//! that call [`Hooks`]. What is the same for every ABI stands beside the folder: reading whole bodies
//! over single reads, and buffers that are not initialised.
//!
//! This is the only module of this crate with `unsafe`, in this file and those of its folder. Its
//! functions take and give slices, so no pointer leaves it.
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

/// The ABI of this guest.
use http_handler as abi;

#[cfg(all(feature = "testing", not(target_family = "wasm")))]
pub(crate) use abi::Simulated;
#[cfg(feature = "log")]
pub(crate) use abi::is_in_exchange;
pub use abi::{Ctx, Exports, export_names};
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
pub use types::{BufferTooSmall, Needs};
pub(crate) use types::{Message, Section};
pub(crate) use uninit::{UninitSlice, as_uninit};
