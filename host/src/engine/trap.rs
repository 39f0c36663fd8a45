//! What ended a call into a guest, in words.

use wasmtime::WasmBacktrace;

use super::Options;
use crate::module_info::printable;
use http_wasm_model::exchange::{Trap, TrapKind};

/// What ended a call: a host function, the guest, or a limit.
pub(super) fn trap(error: &wasmtime::Error, options: &Options) -> Trap {
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return trap.clone();
    }
    match error.downcast_ref::<wasmtime::Trap>() {
        Some(wasmtime::Trap::OutOfFuel) => {
            let limit = options.fuel_limit.unwrap_or_default();
            Trap::other(
                TrapKind::Exhausted,
                format!(
                    "the guest executed {limit} instructions, the limit of a hook, and had not ended"
                ),
            )
        }
        Some(wasmtime::Trap::Interrupt) => {
            let limit = options.time_limit.unwrap_or_default();
            Trap::other(
                TrapKind::Exhausted,
                format!("the guest ran for {limit:?}, the limit of a hook, and had not ended"),
            )
        }
        Some(code) => Trap::guest(format!("{code}{}", place(error))),
        None => Trap::guest(format!("{error:#}")),
    }
}

/// Where in the module a guest trapped: offsets in the file, because a finished guest has no names.
fn place(error: &wasmtime::Error) -> String {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else { return String::new() };
    let frames: Vec<_> = backtrace
        .frames()
        .iter()
        .take(8)
        .map(|frame| {
            let name = frame.func_name().map_or_else(
                || format!("function {}", frame.func_index()),
                // Names are the guest's own.
                |name| format!("`{}`", printable(name)),
            );
            match frame.module_offset() {
                Some(offset) => format!("{name} at {offset:#x}"),
                None => name,
            }
        })
        .collect();
    if frames.is_empty() { String::new() } else { format!("; in {}", frames.join(", from ")) }
}
