//! One instance of a guest: its store, its limits, and the calls into it.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use http_wasm_abi::{CtxNext, exports};
use http_wasm_model::exchange::{Exchange, Trap, TrapKind};
use http_wasm_model::guest::Guest;
use wasmtime::{AsContext, InstancePre, Store, TypedFunc, UpdateDeadline};

use super::bodies::Bodies;
use super::deadline::Deadline;
use super::execution::{Execution, Mode};
use super::limiter::Limiter;
use super::state::State;
use super::trap::trap;
use super::wasi::files::Files;
use super::{Module, Options, epoch, wasi};

/// A hook of a guest, with its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// `handle_request`; its result is a [`CtxNext`].
    Request,
    /// `handle_response`; its result is 0.
    Response {
        /// What the request hook returned in its high word.
        req_ctx: u32,
        /// Whether the next handler failed.
        is_error: bool,
    },
}

/// An instance of a guest.
pub struct Instance {
    store: Store<State>,
    pre: InstancePre<State>,
    options: Arc<Options>,
    execution: Execution,
    hooks: Option<Hooks>,
    status: Status,
    consumed: u64,
}

struct Hooks {
    request: TypedFunc<(), u64>,
    response: TypedFunc<(u32, u32), ()>,
}

/// Whether an instance can be trusted with another exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Ready,
    /// A hook is running, or its future was dropped before it ended.
    Running,
    Trapped,
}

impl Instance {
    pub(super) fn new(module: &Module) -> Self {
        let options = Arc::clone(&module.options);
        let limits = Limiter::new(&options);
        let files = Files::new(Arc::clone(&module.granted));
        let deadline = Deadline::new(options.time_limit.is_some());
        let state = State::new(files, limits, deadline);
        let mut store = Store::new(module.pre.module().engine(), state);
        store.limiter(|state| &mut state.limits);
        let execution = module.execution.clone();
        match (options.time_limit, &execution) {
            // No hook runs for long, so none has to be interrupted.
            (Some(_), Execution::Bounded) => store.set_epoch_deadline(u64::MAX / 2),
            (Some(_), _) => {
                let pace = execution.pace();
                store.epoch_deadline_callback(move |mut context| {
                    pace.overran();
                    let state = context.data_mut();
                    let Some(ticks) = state.ticks.checked_sub(1) else {
                        return Ok(UpdateDeadline::Interrupt);
                    };
                    state.ticks = ticks;
                    Ok(match state.mode {
                        Mode::Fiber => UpdateDeadline::Yield(1),
                        Mode::Direct => UpdateDeadline::Continue(1),
                    })
                });
            }
            (None, _) => {}
        }
        let pre = module.pre.clone();
        Self { store, pre, options, execution, hooks: None, status: Status::Ready, consumed: 0 }
    }

    /// Whether a hook has trapped, or its future was dropped before it had ended. Such an instance can
    /// still be called, as some hosts do, but its memory is in an unspecified state.
    #[must_use]
    pub fn has_trapped(&self) -> bool {
        self.status != Status::Ready
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

    /// The exchange that the host functions of this instance work on.
    #[must_use]
    pub fn exchange(&self) -> &Exchange {
        &self.store.data().exchange
    }

    /// Like [`Self::exchange`], to be changed: a host begins it, and moves it along between the hooks.
    pub fn exchange_mut(&mut self) -> &mut Exchange {
        &mut self.store.data_mut().exchange
    }

    /// How the next hook is called.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.execution.mode()
    }

    /// Instantiates the module and runs its `_start` and then, where the profile calls it, its
    /// `_initialize`, without blocking the thread.
    ///
    /// # Errors
    ///
    /// A trap; the instance cannot be used then.
    pub async fn start(&mut self) -> Result<(), Trap> {
        let result = match self.enter(Mode::Fiber) {
            Ok(()) => self.instantiate().await,
            Err(error) => Err(error),
        };
        let instance = self.leave(result)?;
        let store = &mut self.store;
        let hooks =
            instance.get_typed_func(&mut *store, exports::HANDLE_REQUEST).and_then(|request| {
                let response = instance.get_typed_func(&mut *store, exports::HANDLE_RESPONSE)?;
                Ok(Hooks { request, response })
            });
        self.hooks = Some(hooks.map_err(|error| trap(&error, &self.options))?);
        Ok(())
    }

    async fn instantiate(&mut self) -> wasmtime::Result<wasmtime::Instance> {
        let pre = self.pre.clone();
        let store = &mut self.store;
        let is_bounded = matches!(self.execution, Execution::Bounded);
        let instance = if is_bounded {
            pre.instantiate(&mut *store)?
        } else {
            pre.instantiate_async(&mut *store).await?
        };
        store.data_mut().memory = instance.get_memory(&mut *store, exports::MEMORY);
        let calls_initialize = self.options.calls_initialize;
        let calls_initialize =
            calls_initialize.unwrap_or(self.options.profile.rules().calls_initialize);
        let initialize = calls_initialize.then_some(exports::INITIALIZE);
        for name in [exports::START].into_iter().chain(initialize) {
            let Ok(function) = instance.get_typed_func::<(), ()>(&mut *store, name) else {
                continue;
            };
            if is_bounded {
                function.call(&mut *store, ())?;
            } else {
                function.call_async(&mut *store, ()).await?;
            }
        }
        Ok(instance)
    }

    /// Calls a hook on the stack of the caller, for an instance whose [mode](Self::mode) is
    /// [`Mode::Direct`].
    ///
    /// # Errors
    ///
    /// A trap; the exchange is over then.
    #[inline]
    pub fn call(&mut self, hook: Hook) -> Result<u64, Trap> {
        let result = match (self.enter(Mode::Direct), &self.hooks) {
            (Ok(()), Some(hooks)) => match hook {
                Hook::Request => hooks.request.call(&mut self.store, ()),
                Hook::Response { req_ctx, is_error } => {
                    hooks.response.call(&mut self.store, (req_ctx, is_error.into())).map(|()| 0)
                }
            },
            (Ok(()), None) => Err(not_started()),
            (Err(error), _) => Err(error),
        };
        self.leave(result)
    }

    /// Calls a hook on a stack of its own: it gives its thread away while it waits for a body, and at
    /// each [`TICK`](super::TICK) while it computes.
    ///
    /// When the future is dropped before it is done, the exchange is lost, and the instance is as one
    /// that has trapped.
    ///
    /// # Errors
    ///
    /// A trap; the exchange is over then.
    pub async fn call_on_fiber(
        &mut self,
        hook: Hook,
        bodies: &mut Option<Box<dyn Bodies>>,
    ) -> Result<u64, Trap> {
        let result = match (self.enter(Mode::Fiber), &self.hooks) {
            (Ok(()), Some(hooks)) => {
                self.store.data_mut().bodies = bodies.take();
                let result = match hook {
                    Hook::Request => hooks.request.call_async(&mut self.store, ()).await,
                    Hook::Response { req_ctx, is_error } => {
                        let arguments = (req_ctx, is_error.into());
                        let called = hooks.response.call_async(&mut self.store, arguments);
                        called.await.map(|()| 0)
                    }
                };
                *bodies = self.store.data_mut().bodies.take();
                result
            }
            (Ok(()), None) => Err(not_started()),
            (Err(error), _) => Err(error),
        };
        if self.store.data().ticks == self.ticks() {
            self.execution.ended_in_time();
        }
        self.leave(result)
    }

    /// How many ticks a hook may run after the first two.
    fn ticks(&self) -> u64 {
        self.options.time_limit.map_or(0, |limit| epoch::ticks(limit).saturating_sub(1))
    }

    /// Prepares a call into the guest, within the limits.
    #[inline]
    fn enter(&mut self, mode: Mode) -> wasmtime::Result<()> {
        self.status = Status::Running;
        if self.options.time_limit.is_some() && !matches!(self.execution, Execution::Bounded) {
            let ticks = self.ticks();
            let state = self.store.data_mut();
            state.mode = mode;
            state.ticks = ticks;
            state.deadline.reset();
            state.limits.reset();
            // The next tick may come at once; from it to the one after is a whole one.
            self.store.set_epoch_deadline(2);
        }
        match self.options.fuel_limit {
            Some(budget) => self.store.set_fuel(budget),
            None => Ok(()),
        }
    }

    /// Settles what ended a call.
    #[inline]
    fn leave<R>(&mut self, result: wasmtime::Result<R>) -> Result<R, Trap> {
        if let Some(budget) = self.options.fuel_limit {
            self.consumed = budget.saturating_sub(self.store.get_fuel().unwrap_or_default());
        }
        wasi::flush(self.store.data_mut());
        match result {
            Ok(result) => {
                self.status = Status::Ready;
                Ok(result)
            }
            Err(error) => {
                self.status = Status::Trapped;
                let trap = trap(&error, &self.options);
                let refusal = self.store.data().limits.refusal();
                Err(match refusal.filter(|_| trap.kind() == TrapKind::Guest) {
                    Some(refusal) => Trap::guest(format!("{trap}; {refusal}")),
                    None => trap,
                })
            }
        }
    }

    /// Lends an exchange of the caller to the host functions while `act` runs.
    fn with_exchange<R>(
        &mut self,
        exchange: &mut Exchange,
        act: impl FnOnce(&mut Self) -> Result<R, Trap>,
    ) -> Result<R, Trap> {
        std::mem::swap(exchange, self.exchange_mut());
        let result = act(self);
        std::mem::swap(exchange, self.exchange_mut());
        result
    }

    /// Calls a hook whose bodies are all there.
    fn call_now(&mut self, hook: Hook) -> Result<u64, Trap> {
        match self.execution {
            Execution::Waits => now(self.call_on_fiber(hook, &mut None)),
            Execution::Bounded | Execution::Unbounded(_) => self.call(hook),
        }
    }
}

fn not_started() -> wasmtime::Error {
    let message = "the instance was not started, or starting it trapped";
    Trap::other(TrapKind::Guest, message).into()
}

impl Guest for Instance {
    fn start(&mut self, exchange: &mut Exchange) -> Result<(), Trap> {
        self.with_exchange(exchange, |instance| now(Self::start(instance)))
    }

    fn handle_request(&mut self, exchange: &mut Exchange) -> Result<CtxNext, Trap> {
        self.with_exchange(exchange, |instance| instance.call_now(Hook::Request))
            .map(CtxNext::from_bits)
    }

    fn handle_response(
        &mut self,
        exchange: &mut Exchange,
        req_ctx: u32,
        is_error: bool,
    ) -> Result<(), Trap> {
        let hook = Hook::Response { req_ctx, is_error };
        self.with_exchange(exchange, |instance| instance.call_now(hook)).map(drop)
    }
}

/// The result of a future that seldom has to wait; it blocks the thread then.
pub(super) fn now<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    // Most are ready at once, and need no waker.
    if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return result;
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return result;
        }
        std::thread::park();
    }
}

/// Wakes a thread that is parked.
struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance")
            .field("status", &self.status)
            .field("has_memory", &self.store.as_context().data().memory.is_some())
            .finish_non_exhaustive()
    }
}
