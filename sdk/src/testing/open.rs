//! The exchange that is open on a thread: where the handler's host calls go.

use std::boxed::Box;
use std::cell::RefCell;

use http_wasm_abi::Function;
use http_wasm_model::exchange::{Exchange, Memory};

std::thread_local! {
    static OPEN: RefCell<Option<Exchange>> = const { RefCell::new(None) };
}

/// While this lives, host calls of this thread go to the exchange it was made from.
pub(super) struct Session<'e> {
    exchange: &'e mut Exchange,
    outer: Option<Exchange>,
}

pub(super) fn open(exchange: &mut Exchange) -> Session<'_> {
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

/// Whether there is an exchange for the host calls of this thread; not while it is at work on one.
#[cfg(feature = "log")]
pub(crate) fn is_open() -> bool {
    OPEN.with(|open| open.try_borrow().is_ok_and(|open| open.is_some()))
}

/// Calls a function of the host. A trap unwinds to the testing kit, as it would to a host.
pub(crate) fn call(function: Function, args: &[u64], memory: &mut dyn Memory) -> u64 {
    if std::thread::panicking() {
        // A destructor, on the way from a trap to the testing kit. In a guest none would run.
        return 0;
    }
    let result = OPEN.with_borrow_mut(|open| {
        open.as_mut().map(|exchange| exchange.call(function, args, memory))
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
