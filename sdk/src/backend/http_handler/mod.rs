//! The `http_handler` ABI, as the rest of this crate asks for it.
//!
//! On WebAssembly an operation calls the import; natively it calls the exchange model of the reference
//! host, through the exchange that the testing kit has open on this thread.

mod calls;
mod export;
#[cfg(target_family = "wasm")]
mod imports;
mod items;
#[cfg(not(target_family = "wasm"))]
mod native_imports;
mod pending;
mod quirks;
#[cfg(all(feature = "testing", not(target_family = "wasm")))]
mod simulation;

#[cfg(not(target_family = "wasm"))]
use native_imports as imports;

pub(crate) use calls::{
    BodyRead, add_header, config, has_header, header_names, header_values, log, log_enabled,
    method, protocol_version, read_body, remove_header, set_header, set_method, set_status,
    set_uri, source_addr, status, uri, write_body,
};
pub use export::Exports;
pub use http_wasm_abi::export_names;
pub(crate) use items::Items;
pub(crate) use quirks::{Host, buffer_response};
#[cfg(all(feature = "testing", not(target_family = "wasm")))]
pub(crate) use simulation::{Simulated, with_exchange};

/// Whether there is a host to log to. Natively there are threads that have none.
#[cfg(feature = "log")]
pub(crate) fn is_in_exchange() -> bool {
    #[cfg(all(feature = "testing", not(target_family = "wasm")))]
    return simulation::is_open();
    #[cfg(not(all(feature = "testing", not(target_family = "wasm"))))]
    true
}
