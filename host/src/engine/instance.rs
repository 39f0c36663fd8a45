//! One instance of a guest: its store, its limits, and the calls into it.
//!
//! It is called in one of two ways. A [`Guest`] is called with bodies that are all there, and the call
//! returns when the hook does. The hooks whose names end in `_streaming` are futures: a guest that
//! waits for a body gives the thread away, and one that computes for long does so at each
//! [`TICK`](super::TICK).

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use http_wasm_abi::{CtxNext, exports};
use wasmtime::{AsContext, InstancePre, Store, StoreLimitsBuilder, TypedFunc, UpdateDeadline};

use super::bodies::Bodies;
use super::ended::trap;
use super::state::State;
use super::wasi::files::Files;
use super::{Module, Options, clock, wasi};
use http_wasm_model::exchange::{Exchange, Trap, TrapKind};
use http_wasm_model::guest::Guest;

/// An instance of a guest.
pub struct Instance {
    store: Store<State>,
    pre: InstancePre<State>,
    options: Arc<Options>,
    /// How many ticks a hook may run; `None`: it is not to be counted.
    ticks: Option<u64>,
    /// The guest can be called without a stack of its own: it neither waits nor runs for long.
    direct: bool,
    /// A call has to be made in a way that could wait.
    waits: bool,
    /// The response hook does nothing, and need not be called.
    idle_response: bool,
    hooks: Option<Hooks>,
    /// A hook is running, or was and is gone.
    entered: bool,
    trapped: bool,
    consumed: u64,
}

struct Hooks {
    handle_request: TypedFunc<(), u64>,
    handle_response: TypedFunc<(u32, u32), ()>,
}

impl Instance {
    pub(super) fn new(module: &Module) -> Self {
        let options = Arc::clone(&module.options);
        let most = |limit: u64| usize::try_from(limit).unwrap_or(usize::MAX);
        let limits = StoreLimitsBuilder::new()
            .memory_size(most(options.memory_limit))
            .table_elements(most(options.table_limit.into()))
            .build();
        let state = State {
            exchange: Box::default(),
            bodies: None,
            files: Files::new(Arc::clone(&module.granted)),
            output: [Vec::new(), Vec::new()],
            memory: None,
            limits,
            ticks: 0,
            yields: false,
        };
        let mut store = Store::new(module.pre.module().engine(), state);
        store.limiter(|state| &mut state.limits);
        let limit = options.time_limit.map(clock::ticks);
        if limit.is_some() && module.direct {
            // It is never at work for long.
            store.set_epoch_deadline(u64::MAX / 2);
        } else if limit.is_some() {
            store.epoch_deadline_callback(|mut context| {
                let state = context.data_mut();
                if state.ticks == 0 {
                    return Ok(UpdateDeadline::Interrupt);
                }
                state.ticks -= 1;
                Ok(if state.yields {
                    UpdateDeadline::Yield(1)
                } else {
                    UpdateDeadline::Continue(1)
                })
            });
        }
        Self {
            store,
            pre: module.pre.clone(),
            options,
            ticks: limit.filter(|_| !module.direct),
            direct: module.direct,
            waits: module.waits,
            idle_response: module.idle_response,
            hooks: None,
            entered: false,
            trapped: false,
            consumed: 0,
        }
    }

    /// Whether a hook has trapped, or was given up before it had ended. Such an instance can still be
    /// called, as some hosts do, but what its memory holds is anybody's guess.
    #[must_use]
    pub const fn has_trapped(&self) -> bool {
        self.trapped || self.entered
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

    /// Prepares a call into the guest, within the limits.
    #[inline]
    fn enter(&mut self, yields: bool) -> wasmtime::Result<()> {
        self.entered = true;
        if let Some(ticks) = self.ticks {
            let state = self.store.data_mut();
            state.yields = yields;
            state.ticks = ticks;
            self.store.set_epoch_deadline(1);
        }
        match self.options.fuel_limit {
            Some(budget) => self.store.set_fuel(budget),
            None => Ok(()),
        }
    }

    /// Says what ended a call.
    #[inline]
    fn leave<R>(&mut self, result: wasmtime::Result<R>) -> Result<R, Trap> {
        if let Some(budget) = self.options.fuel_limit {
            self.consumed = budget.saturating_sub(self.store.get_fuel().unwrap_or_default());
        }
        wasi::flush(self.store.data_mut());
        self.entered = false;
        result.map_err(|error| {
            self.trapped = true;
            trap(&error, &self.options)
        })
    }

    /// Makes an exchange the one that host functions work on, or takes it back.
    fn swap(&mut self, exchange: &mut Exchange) {
        std::mem::swap(exchange, &mut *self.store.data_mut().exchange);
    }

    /// The same for one that need not be moved.
    fn swap_boxes(&mut self, exchange: &mut Box<Exchange>) {
        std::mem::swap(exchange, &mut self.store.data_mut().exchange);
    }

    fn take_exports(&mut self, instance: wasmtime::Instance) -> wasmtime::Result<()> {
        let store = &mut self.store;
        self.hooks = Some(Hooks {
            handle_request: instance.get_typed_func(&mut *store, exports::HANDLE_REQUEST)?,
            handle_response: instance.get_typed_func(&mut *store, exports::HANDLE_RESPONSE)?,
        });
        Ok(())
    }

    /// Instantiates the module and runs its `_start`.
    async fn start_with(&mut self, exchange: &mut Exchange, yields: bool) -> Result<(), Trap> {
        self.swap(exchange);
        let result = match self.enter(yields) {
            Ok(()) => self.instantiate().await,
            Err(error) => Err(error),
        };
        let result = self.leave(result);
        self.swap(exchange);
        self.take_exports(result?).map_err(|error| trap(&error, &self.options))
    }

    async fn instantiate(&mut self) -> wasmtime::Result<wasmtime::Instance> {
        let pre = self.pre.clone();
        let store = &mut self.store;
        let instance = if self.direct {
            pre.instantiate(&mut *store)?
        } else {
            pre.instantiate_async(&mut *store).await?
        };
        store.data_mut().memory = instance.get_memory(&mut *store, exports::MEMORY);
        if let Ok(start) = instance.get_typed_func::<(), ()>(&mut *store, exports::START) {
            if self.direct {
                start.call(&mut *store, ())?;
            } else {
                start.call_async(&mut *store, ()).await?;
            }
        }
        Ok(instance)
    }

    /// As [`Guest::start`], without blocking the thread.
    ///
    /// # Errors
    ///
    /// A trap; the instance cannot be used then.
    pub async fn start_streaming(&mut self, exchange: &mut Exchange) -> Result<(), Trap> {
        self.start_with(exchange, true).await
    }

    /// As [`Guest::handle_request`], with a body that may still be arriving, and without blocking the
    /// thread.
    ///
    /// When the future is dropped before it is done, the exchange is lost, and the instance is as one
    /// that has trapped.
    ///
    /// # Errors
    ///
    /// A trap; the exchange is over then.
    pub async fn handle_request_streaming(
        &mut self,
        exchange: &mut Box<Exchange>,
        bodies: &mut Option<Box<dyn Bodies>>,
    ) -> Result<CtxNext, Trap> {
        let result = self.call_streaming(exchange, bodies, Hooks::request, ()).await;
        result.map(CtxNext::from_bits)
    }

    /// As [`Guest::handle_response`], in the same way.
    ///
    /// # Errors
    ///
    /// A trap; the exchange is over then.
    pub async fn handle_response_streaming(
        &mut self,
        exchange: &mut Box<Exchange>,
        bodies: &mut Option<Box<dyn Bodies>>,
        req_ctx: u32,
        is_error: bool,
    ) -> Result<(), Trap> {
        if self.idle_response {
            return Ok(());
        }
        let params = (req_ctx, is_error.into());
        self.call_streaming(exchange, bodies, Hooks::response, params).await
    }

    /// As [`Self::handle_request_streaming`], for a guest of a [direct](Module::is_direct) module.
    #[inline]
    pub(crate) fn handle_request_directly(
        &mut self,
        exchange: &mut Box<Exchange>,
    ) -> Result<CtxNext, Trap> {
        self.call_directly(exchange, Hooks::request, ()).map(CtxNext::from_bits)
    }

    /// As [`Self::handle_response_streaming`], for the same.
    pub(crate) fn handle_response_directly(
        &mut self,
        exchange: &mut Box<Exchange>,
        req_ctx: u32,
        is_error: bool,
    ) -> Result<(), Trap> {
        if self.idle_response {
            return Ok(());
        }
        self.call_directly(exchange, Hooks::response, (req_ctx, is_error.into()))
    }

    async fn call_streaming<P, R>(
        &mut self,
        exchange: &mut Box<Exchange>,
        bodies: &mut Option<Box<dyn Bodies>>,
        pick: Pick<P, R>,
        params: P,
    ) -> Result<R, Trap>
    where
        P: wasmtime::WasmParams + Sync,
        R: wasmtime::WasmResults + Sync,
    {
        if self.direct {
            return self.call_directly(exchange, pick, params);
        }
        self.swap_boxes(exchange);
        let result = match self.enter(true) {
            Ok(()) => {
                self.store.data_mut().bodies = bodies.take();
                let result = match &self.hooks {
                    Some(hooks) => pick(hooks).call_async(&mut self.store, params).await,
                    None => Err(not_started()),
                };
                *bodies = self.store.data_mut().bodies.take();
                result
            }
            Err(error) => Err(error),
        };
        let result = self.leave(result);
        self.swap_boxes(exchange);
        result
    }

    #[inline]
    fn call_directly<P, R>(
        &mut self,
        exchange: &mut Box<Exchange>,
        pick: Pick<P, R>,
        params: P,
    ) -> Result<R, Trap>
    where
        P: wasmtime::WasmParams + Sync,
        R: wasmtime::WasmResults + Sync,
    {
        self.swap_boxes(exchange);
        let result = self.call(pick, params);
        self.swap_boxes(exchange);
        result
    }

    /// Calls a hook whose bodies are all there.
    #[inline]
    fn call<P, R>(&mut self, pick: Pick<P, R>, params: P) -> Result<R, Trap>
    where
        P: wasmtime::WasmParams + Sync,
        R: wasmtime::WasmResults + Sync,
    {
        let result = match (self.enter(false), &self.hooks) {
            (Ok(()), Some(hooks)) if self.waits => {
                now(pick(hooks).call_async(&mut self.store, params))
            }
            (Ok(()), Some(hooks)) => pick(hooks).call(&mut self.store, params),
            (Ok(()), None) => Err(not_started()),
            (Err(error), _) => Err(error),
        };
        self.leave(result)
    }
}

/// Which hook is called.
type Pick<P, R> = fn(&Hooks) -> &TypedFunc<P, R>;

impl Hooks {
    const fn request(&self) -> &TypedFunc<(), u64> {
        &self.handle_request
    }

    const fn response(&self) -> &TypedFunc<(u32, u32), ()> {
        &self.handle_response
    }
}

fn not_started() -> wasmtime::Error {
    let message = "the instance was not started, or starting it trapped";
    Trap::other(TrapKind::Guest, message).into()
}

impl Guest for Instance {
    fn start(&mut self, exchange: &mut Exchange) -> Result<(), Trap> {
        now(self.start_with(exchange, false))
    }

    fn handle_request(&mut self, exchange: &mut Exchange) -> Result<CtxNext, Trap> {
        self.swap(exchange);
        let result = self.call(Hooks::request, ());
        self.swap(exchange);
        result.map(CtxNext::from_bits)
    }

    fn handle_response(
        &mut self,
        exchange: &mut Exchange,
        req_ctx: u32,
        is_error: bool,
    ) -> Result<(), Trap> {
        self.swap(exchange);
        let result = self.call(Hooks::response, (req_ctx, is_error.into()));
        self.swap(exchange);
        result
    }
}

/// The result of a future that has nothing to wait for.
fn now<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut context) {
            return result;
        }
        std::thread::yield_now();
    }
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance")
            .field("trapped", &self.trapped)
            .field("memory_size", &self.store.as_context().data().memory.is_some())
            .finish_non_exhaustive()
    }
}
