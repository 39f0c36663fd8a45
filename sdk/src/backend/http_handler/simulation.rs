//! A guest whose code is native, over the exchange model.

use std::boxed::Box;
use std::cell::RefCell;
use std::format;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::string::String;

use http_wasm_abi::{CtxNext, Function};
use http_wasm_model::exchange::{Exchange, Memory, Trap};
use http_wasm_model::guest::Guest;

use super::export::Exports;
use crate::backend::hooks::Hooks;

/// An instance of a guest whose code is native.
pub struct Simulated<H: Hooks> {
    exports: Exports<H>,
}

impl<H: Hooks> Simulated<H> {
    /// An instance that has not been started.
    #[must_use]
    pub fn new() -> Self {
        Self { exports: Exports::new(H::default()) }
    }

    /// Calls the guest with `exchange` open on this thread, and turns panics into traps.
    fn enter<R>(
        &self,
        exchange: &mut Exchange,
        call: impl FnOnce(&Exports<H>) -> R,
    ) -> Result<R, Trap> {
        let session = open(exchange);
        // What a trap leaves behind in the instance is what it leaves behind in a guest, too.
        let result = catch_unwind(AssertUnwindSafe(|| call(&self.exports)));
        drop(session);
        result.map_err(|payload| match payload.downcast::<Trap>() {
            Ok(trap) => *trap,
            Err(payload) => {
                Trap::guest(format!("the guest panicked: {}", panic_message(&*payload)))
            }
        })
    }
}

impl<H: Hooks> Default for Simulated<H> {
    fn default() -> Self {
        Self::new()
    }
}

fn panic_message(payload: &(dyn core::any::Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

impl<H: Hooks> Guest for Simulated<H> {
    fn start(&mut self, exchange: &mut Exchange) -> Result<(), Trap> {
        self.enter(exchange, Exports::start)
    }

    fn handle_request(&mut self, exchange: &mut Exchange) -> Result<CtxNext, Trap> {
        self.enter(exchange, Exports::handle_request).map(CtxNext::from_bits)
    }

    fn handle_response(
        &mut self,
        exchange: &mut Exchange,
        ctx: u32,
        is_error: bool,
    ) -> Result<(), Trap> {
        self.enter(exchange, |exports| exports.handle_response(ctx, is_error))
    }
}

std::thread_local! {
    static OPEN: RefCell<Option<Exchange>> = const { RefCell::new(None) };
}

/// While this lives, host calls of this thread go to the exchange it was made from.
struct Session<'e> {
    exchange: &'e mut Exchange,
    outer: Option<Exchange>,
}

fn open(exchange: &mut Exchange) -> Session<'_> {
    let outer = OPEN.replace(Some(core::mem::take(exchange)));
    Session { exchange, outer }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        if let Some(exchange) = OPEN.replace(self.outer.take()) {
            *self.exchange = exchange;
        }
    }
}

/// Whether there is an exchange for the host calls of this thread; not while it is in use.
#[cfg(feature = "log")]
pub(super) fn is_open() -> bool {
    OPEN.with(|open| open.try_borrow().is_ok_and(|open| open.is_some()))
}

/// Calls a function of the host. A trap unwinds to the testing kit, as it would to a host.
pub(super) fn call(function: Function, args: &[u64]) -> u64 {
    if std::thread::panicking() {
        // A destructor, on the way from a trap to the testing kit. In a guest none would run.
        return 0;
    }
    let result = OPEN.with_borrow_mut(|open| {
        open.as_mut().map(|exchange| exchange.call(function, args, &mut Process))
    });
    match result {
        Some(Ok(value)) => value,
        // Not a fault of this program, so no panic message on standard error.
        Some(Err(trap)) => std::panic::resume_unwind(Box::new(trap)),
        None => panic!(
            "`{function}` was called outside an exchange: a handler runs through the testing kit, for \
             instance by `http_wasm_sdk::testing::replay`"
        ),
    }
}

/// Asks the host for something else than a function of the ABI.
pub(crate) fn with_exchange<R: Default>(what: &str, ask: impl FnOnce(&mut Exchange) -> R) -> R {
    if std::thread::panicking() {
        // As in `call`.
        return R::default();
    }
    match OPEN.with_borrow_mut(|open| open.as_mut().map(ask)) {
        Some(result) => result,
        None => panic!(
            "{what} were asked for outside an exchange: a handler runs through the testing kit, for \
             instance by `http_wasm_sdk::testing::replay`"
        ),
    }
}

/// The memory of this process as the exchange model sees it: its addresses are pointers that a
/// wrapper of `calls` has just made from slices.
struct Process;

impl Memory for Process {
    fn read(&self, ptr: u64, len: u32) -> Option<&[u8]> {
        if len == 0 {
            return Some(&[]);
        }
        let start: *const u8 = core::ptr::with_exposed_provenance(ptr as usize);
        // SAFETY: `Process` is only made for the call of a wrapper of `calls`, whose pointer and
        // length come from one initialised slice that outlives the call.
        Some(unsafe { core::slice::from_raw_parts(start, len as usize) })
    }

    fn write(&mut self, ptr: u64, bytes: &[u8]) -> bool {
        let start: *mut u8 = core::ptr::with_exposed_provenance_mut(ptr as usize);
        // SAFETY: as above; the model writes no more than the limit, which is the length of the
        // exclusive slice that the pointer comes from. The two cannot overlap, since the wrapper
        // holds the target exclusively and `bytes` belongs to the model.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), start, bytes.len()) };
        true
    }

    fn contains(&self, _ptr: u64, _len: u32) -> bool {
        true
    }
}
