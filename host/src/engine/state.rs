//! What the host functions of an instance work on.

use http_wasm_abi::exports;
use http_wasm_model::exchange::Exchange;
use wasmtime::{AsContextMut, Caller, Memory};

use super::bodies::Bodies;
use super::deadline::Deadline;
use super::execution::Mode;
use super::limiter::Limiter;
use super::wasi::files::Files;

/// The data of a store.
pub(super) struct State {
    /// The exchange that the instance works on.
    pub(super) exchange: Exchange,
    /// Where bodies come from that have not arrived.
    pub(super) bodies: Option<Box<dyn Bodies>>,
    /// What it has open of the folders that it was granted.
    pub(super) files: Files,
    /// What was written to stdout and stderr without an end of line yet.
    pub(super) output: [Vec<u8>; 2],
    pub(super) memory: Option<Memory>,
    pub(super) limits: Limiter,
    /// How many ticks the hook may still run.
    pub(super) ticks: u64,
    /// When it has to be done, where it sleeps.
    pub(super) deadline: Deadline,
    /// How the hook was called.
    pub(super) mode: Mode,
}

impl State {
    pub(super) fn new(files: Files, limits: Limiter, deadline: Deadline) -> Self {
        Self {
            exchange: Exchange::default(),
            bodies: None,
            files,
            output: [Vec::new(), Vec::new()],
            memory: None,
            limits,
            ticks: 0,
            deadline,
            mode: Mode::Fiber,
        }
    }
}

/// The guest's memory and the state beside it, for a host function.
#[inline]
pub(super) fn with_memory<R>(
    caller: &mut Caller<'_, State>,
    act: impl FnOnce(&mut [u8], &mut State) -> R,
) -> wasmtime::Result<R> {
    let memory = match caller.data().memory {
        Some(memory) => memory,
        // A start section runs before the host could look for the memory.
        None => caller
            .get_export(exports::MEMORY)
            .and_then(wasmtime::Extern::into_memory)
            .ok_or_else(|| wasmtime::format_err!("the guest has no memory"))?,
    };
    let (bytes, state) = memory.data_and_store_mut(caller.as_context_mut());
    Ok(act(bytes, state))
}
