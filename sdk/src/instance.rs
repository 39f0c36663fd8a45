//! How the host's calls reach a handler.

use core::any::Any;
use core::cell::Cell;

use http_wasm_abi::{BodyKind, CtxNext, Features};

use crate::body::Reader;
use crate::handler::{Ctx, Flow, Handler};
use crate::log;
use crate::raw::{self, GuestCell};
use crate::request::Request;
use crate::response::{Buffering, Progress, Reply, Response, fail};
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
    /// Whether the host keeps only the last of several writes of a request's body.
    last_write_counts: GuestCell<bool>,
}

impl<H: Handler> Default for Instance<H> {
    fn default() -> Self {
        Self::new()
    }
}

impl<H: Handler> Instance<H> {
    /// A handler that was written by hand may have forgotten what its response needs.
    const FEATURES: Features = H::FEATURES
        .union(<H::Buffering as Buffering>::FEATURES)
        .union(<H::RequestBuffering as Buffering>::REQUEST_FEATURES);
    const WITH_TRAILERS: bool = H::FEATURES.contains(Features::TRAILERS);
    const BUFFERS_REQUEST: bool = Self::FEATURES.contains(Features::BUFFER_REQUEST);
    const BUFFERS_RESPONSE: bool = Self::FEATURES.contains(Features::BUFFER_RESPONSE);

    /// An instance that has not seen a request.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            handler: GuestCell::new(None),
            state: GuestCell::new(None),
            buffered: GuestCell::new(false),
            trailers: GuestCell::new(false),
            last_write_counts: GuestCell::new(false),
        }
    }

    /// Enables what the handler declares; the body of `_start`.
    #[inline]
    pub fn start(&self) {
        if Self::FEATURES.is_empty() {
            return;
        }
        let enabled = raw::enable_features(Self::FEATURES);
        // The Express host has trailers for buffered responses only, and traps on others.
        let trailers_may_trap = Self::WITH_TRAILERS && !Self::BUFFERS_RESPONSE;
        // It is the one that says of nothing but what it is asked for that it is enabled, and forgets
        // all else: it has nothing enabled here.
        let forgets = (Self::BUFFERS_REQUEST || trailers_may_trap)
            && raw::enable_features(Features::NONE).is_empty();
        if Self::BUFFERS_REQUEST && forgets {
            raw::enable_features(Self::FEATURES);
            self.last_write_counts.replace(enabled.contains(Features::BUFFER_REQUEST));
        }
        if Self::WITH_TRAILERS {
            let usable = !(trailers_may_trap && forgets);
            self.trailers.replace(usable && enabled.contains(Features::TRAILERS));
        }
    }

    /// The body of `handle_request`.
    #[inline]
    pub fn handle_request(&self) -> u64 {
        // State is still there when the host gave the last request up between the hooks.
        drop(self.state.replace(None));
        let Ok(mut handler) = self.take_handler() else {
            if H::FAILS_OPEN {
                return CtxNext::go_on(0).bits();
            }
            fail(true);
            return CtxNext::STOP.bits();
        };
        let progress = Progress {
            begun: Cell::new(false),
            // By another handler of the chain, for all requests.
            buffered: Cell::new(Self::BUFFERS_RESPONSE),
        };
        let last_write_counts = Self::BUFFERS_REQUEST && Self::look(&self.last_write_counts);
        let mut request = Request::current(Reader::of_request(last_write_counts));
        let flow = handler.request(
            &mut request,
            Reply::new(&progress),
            if self.has_trailers() { Some(Trailers::current()) } else { None },
        );
        self.put_handler(handler);
        match flow {
            // Who has answered and goes on nevertheless would have two answers put after each other.
            Ok(Flow::Continue(_)) if !progress.begun.get() && request.lacks_body() => {
                // What is left of it would reach the next handler on some hosts, as if it were all.
                log::error("the request's body was taken off, and so the request cannot go on");
                fail(true);
                CtxNext::STOP.bits()
            }
            Ok(Flow::Continue(state)) if !progress.begun.get() => {
                self.buffered.replace(progress.buffered.get());
                CtxNext::go_on(if H::HAS_RESPONSE_HOOK { self.put_state(state) } else { 0 }).bits()
            }
            Ok(_) => CtxNext::STOP.bits(),
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
        if !H::HAS_RESPONSE_HOOK {
            return;
        }
        let Some(state) = self.take_state(ctx) else { return };
        let mut handler = if H::FAILS_OPEN {
            // Where there was no handler for the request hook, there is none for this one either.
            let Some(handler) = self.handler.replace(None) else { return };
            handler
        } else {
            let Ok(handler) = self.take_handler() else { return };
            handler
        };
        let mut response = Response::current(is_error, self.buffered.replace(false));
        let done = handler.response(
            &Request::current(Reader::new(BodyKind::Request)),
            &mut response,
            state,
            if self.has_trailers() { Some(Trailers::current()) } else { None },
        );
        self.put_handler(handler);
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

    /// Puts the handler into its place, which is empty: there is nothing to drop there, and a guest
    /// whose code cannot tell would carry the code for it.
    #[inline]
    fn put_handler(&self, handler: H) {
        core::mem::forget(self.handler.replace(Some(handler)));
    }

    #[inline]
    fn has_trailers(&self) -> bool {
        Self::WITH_TRAILERS && Self::look(&self.trailers)
    }

    #[inline]
    fn look(cell: &GuestCell<bool>) -> bool {
        let value = cell.replace(false);
        cell.replace(value);
        value
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
