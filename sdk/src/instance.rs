//! How the host's calls reach a handler.

use core::any::Any;

use http_wasm_abi::{CtxNext, Features};

use crate::handler::{Ctx, Flow, Handler};
#[cfg(feature = "log")]
use crate::log;
use crate::raw::{self, GuestCell};
use crate::request::Request;
use crate::response::{Progress, Reply, Response, fail};
use crate::trailers::Trailers;

/// What an instance keeps between the host's calls.
///
/// During a call the handler is out of its place, so after one that did not return the place is
/// empty and the next call builds a new handler. Whatever the old one held is left alone: it may be
/// half changed.
pub struct Instance<H: Handler> {
    handler: GuestCell<Option<H>>,
    state: GuestCell<Option<H::State>>,
    /// Whether the request hook of this request had the response buffered.
    buffered: GuestCell<bool>,
    /// Whether the host has trailers.
    trailers: GuestCell<bool>,
    /// Whether this request went on without the handler, which could not be built.
    open: GuestCell<bool>,
}

impl<H: Handler> Default for Instance<H> {
    fn default() -> Self {
        Self::new()
    }
}

impl<H: Handler> Instance<H> {
    const WITH_TRAILERS: bool = H::FEATURES.contains(Features::TRAILERS);

    /// An instance that has not seen a request.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            handler: GuestCell::new(None),
            state: GuestCell::new(None),
            buffered: GuestCell::new(false),
            trailers: GuestCell::new(false),
            open: GuestCell::new(false),
        }
    }

    /// Enables what the handler declares; the body of `_start`.
    #[inline]
    pub fn start(&self) {
        if !H::FEATURES.is_empty() {
            let enabled = raw::enable_features(H::FEATURES);
            if Self::WITH_TRAILERS {
                self.trailers.replace(enabled.contains(Features::TRAILERS));
            }
        }
    }

    /// The body of `handle_request`.
    #[inline]
    pub fn handle_request(&self) -> u64 {
        // State is still there when the host gave the last request up between the hooks.
        drop(self.state.replace(None));
        let Ok(mut handler) = self.take_handler() else {
            if H::FAILS_OPEN {
                self.open.replace(true);
                return CtxNext::go_on(0).bits();
            }
            fail(true);
            return CtxNext::STOP.bits();
        };
        if H::FAILS_OPEN {
            self.open.replace(false);
        }
        let progress = Progress::default();
        let flow = handler.request(
            &mut Request::current(),
            Reply::new(&progress),
            if self.has_trailers() { Some(Trailers::current()) } else { None },
        );
        self.handler.replace(Some(handler));
        match flow {
            Ok(Flow::Continue(state)) => {
                self.buffered.replace(progress.buffered.get());
                CtxNext::go_on(if H::HAS_RESPONSE_HOOK { self.put_state(state) } else { 0 }).bits()
            }
            Ok(Flow::Stop) => CtxNext::STOP.bits(),
            Err(error) => {
                error.report();
                if !progress.begun.get() {
                    fail(true);
                }
                CtxNext::STOP.bits()
            }
        }
    }

    /// The body of `handle_response`.
    #[inline]
    pub fn handle_response(&self, ctx: u32, is_error: bool) {
        if !H::HAS_RESPONSE_HOOK || H::FAILS_OPEN && self.open.replace(false) {
            return;
        }
        let Some(state) = self.take_state(ctx) else { return };
        let Ok(mut handler) = self.take_handler() else { return };
        let mut response = Response::current(is_error, self.buffered.replace(false));
        let done = handler.response(
            &Request::current(),
            &mut response,
            state,
            if self.has_trailers() { Some(Trailers::current()) } else { None },
        );
        self.handler.replace(Some(handler));
        response.close(done);
    }

    /// The handler, out of its place; a new one where there is none, or an error that is logged.
    #[inline]
    fn take_handler(&self) -> Result<H, ()> {
        match self.handler.replace(None) {
            Some(handler) => Ok(handler),
            None => {
                #[cfg(feature = "log")]
                log::install();
                H::new().map_err(|error| error.report())
            }
        }
    }

    #[inline]
    fn has_trailers(&self) -> bool {
        Self::WITH_TRAILERS && {
            let has = self.trailers.replace(false);
            self.trailers.replace(has);
            has
        }
    }

    /// Keeps the state for the response hook: in the ABI's ctx, which is the result, or in memory.
    /// The types are known to the compiler, which leaves one of the three cases.
    #[inline]
    fn put_state(&self, state: H::State) -> u32 {
        if let Some(Ctx(ctx)) = (&state as &dyn Any).downcast_ref() {
            return *ctx;
        }
        if !(&state as &dyn Any).is::<()>() {
            self.state.replace(Some(state));
        }
        0
    }

    /// What [`put_state`](Self::put_state) kept. `None` where it kept nothing, because the host has
    /// come here without a request hook that went on.
    #[inline]
    fn take_state(&self, ctx: u32) -> Option<H::State> {
        let mut state = None;
        let any: &mut dyn Any = &mut state;
        if let Some(unit) = any.downcast_mut() {
            *unit = Some(());
        } else if let Some(through_host) = any.downcast_mut() {
            *through_host = Some(Ctx(ctx));
        } else {
            state = self.state.replace(None);
        }
        state
    }
}
