//! One instance of a guest: its store, its limits, and the calls into it.

use http_wasm_abi::{CtxNext, exports};
use wasmtime::{
    AsContext, AsContextMut, Caller, InstancePre, Memory, Store, StoreLimits, StoreLimitsBuilder,
    TypedFunc, WasmBacktrace,
};

use super::{Module, Options, TICKS};
use crate::exchange::{Exchange, Trap, TrapKind};
use crate::guest::Guest;

/// What the host functions of an instance work on.
pub(super) struct State {
    /// The exchange that is being played; moved in for each hook.
    pub(super) exchange: Exchange,
    /// What was written to stdout and stderr without an end of line yet.
    pub(super) output: [Vec<u8>; 2],
    memory: Option<Memory>,
    limits: StoreLimits,
}

/// An instance of a guest.
pub struct Instance {
    store: Store<State>,
    pre: InstancePre<State>,
    options: Options,
    hooks: Option<Hooks>,
    trapped: bool,
    consumed: u64,
}

#[derive(Clone)]
struct Hooks {
    handle_request: TypedFunc<(), u64>,
    handle_response: TypedFunc<(u32, u32), ()>,
}

impl Instance {
    pub(super) fn new(module: &Module) -> Self {
        let options = module.options.clone();
        let limit = usize::try_from(options.memory_limit).unwrap_or(usize::MAX);
        let state = State {
            exchange: Exchange::default(),
            output: [Vec::new(), Vec::new()],
            memory: None,
            limits: StoreLimitsBuilder::new().memory_size(limit).build(),
        };
        let mut store = Store::new(module.pre.module().engine(), state);
        store.limiter(|state| &mut state.limits);
        let pre = module.pre.clone();
        Self { store, pre, options, hooks: None, trapped: false, consumed: 0 }
    }

    /// Whether a hook has trapped. Such an instance can still be called, as some hosts do, but what
    /// its memory holds is anybody's guess.
    #[must_use]
    pub const fn has_trapped(&self) -> bool {
        self.trapped
    }

    /// The instructions that the last hook executed; 0 where they are not counted. The same hook on
    /// the same exchange always gives the same number.
    #[must_use]
    pub const fn consumed_fuel(&self) -> u64 {
        self.consumed
    }

    /// The bytes of memory that it has now.
    #[must_use]
    pub fn memory_size(&self) -> u64 {
        self.store.data().memory.map_or(0, |memory| memory.data_size(&self.store) as u64)
    }

    /// Runs one call into the guest with `exchange` in place, within the limits.
    fn enter<R>(
        &mut self,
        exchange: &mut Exchange,
        call: impl FnOnce(&mut Store<State>) -> wasmtime::Result<R>,
    ) -> Result<R, Trap> {
        std::mem::swap(exchange, &mut self.store.data_mut().exchange);
        let budget = self.options.fuel_limit;
        // Setting fuel fails only where counting is off, and then there is no budget.
        let result = match budget.map_or(Ok(()), |budget| self.store.set_fuel(budget)) {
            Ok(()) => {
                if self.options.time_limit.is_some() {
                    self.store.set_epoch_deadline(TICKS + 1);
                }
                call(&mut self.store)
            }
            Err(error) => Err(error),
        };
        if let Some(budget) = budget {
            self.consumed = budget.saturating_sub(self.store.get_fuel().unwrap_or_default());
        }
        let state = self.store.data_mut();
        super::wasi::flush(state);
        std::mem::swap(exchange, &mut state.exchange);
        result.map_err(|error| {
            self.trapped = true;
            trap(&error, &self.options)
        })
    }

    fn hooks(&self) -> Result<Hooks, Trap> {
        self.hooks.clone().ok_or_else(|| {
            Trap::other(TrapKind::Guest, "the instance was not started, or starting it trapped")
        })
    }
}

impl Guest for Instance {
    fn start(&mut self, exchange: &mut Exchange) -> Result<(), Trap> {
        let pre = self.pre.clone();
        let hooks = self.enter(exchange, |store| {
            let instance = pre.instantiate(&mut *store)?;
            store.data_mut().memory = instance.get_memory(&mut *store, exports::MEMORY);
            if let Ok(start) = instance.get_typed_func::<(), ()>(&mut *store, exports::START) {
                start.call(&mut *store, ())?;
            }
            Ok(Hooks {
                handle_request: instance.get_typed_func(&mut *store, exports::HANDLE_REQUEST)?,
                handle_response: instance.get_typed_func(&mut *store, exports::HANDLE_RESPONSE)?,
            })
        })?;
        self.hooks = Some(hooks);
        Ok(())
    }

    fn handle_request(&mut self, exchange: &mut Exchange) -> Result<CtxNext, Trap> {
        let hook = self.hooks()?.handle_request;
        self.enter(exchange, |store| hook.call(store, ())).map(CtxNext::from_bits)
    }

    fn handle_response(
        &mut self,
        exchange: &mut Exchange,
        req_ctx: u32,
        is_error: bool,
    ) -> Result<(), Trap> {
        let hook = self.hooks()?.handle_response;
        self.enter(exchange, |store| hook.call(store, (req_ctx, is_error.into())))
    }
}

/// The guest's memory and the state beside it, for a host function.
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

/// What ended a call: a host function, the guest, or a limit.
fn trap(error: &wasmtime::Error, options: &Options) -> Trap {
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
                |name| format!("`{name}`"),
            );
            match frame.module_offset() {
                Some(offset) => format!("{name} at {offset:#x}"),
                None => name,
            }
        })
        .collect();
    if frames.is_empty() { String::new() } else { format!("; in {}", frames.join(", from ")) }
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance")
            .field("trapped", &self.trapped)
            .field("memory_size", &self.store.as_context().data().memory.is_some())
            .finish_non_exhaustive()
    }
}
