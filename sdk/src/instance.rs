//! Runs a handler's hooks as the host calls them.

use core::cell::Cell;

use crate::backend::{Forwarded, GuestCell, Hooks, Host, Needs, Next};
use crate::body::Reader;
use crate::buffering::Buffering;
use crate::handler::{Flow, Handler};
use crate::log;
use crate::request::Request;
use crate::response::{Progress, Reply, Response, fail};
use crate::trailers::Trailers;

/// A handler and its life: built at the first request, kept for later ones.
///
/// During a call the handler is moved out of its cell, so after one that did not return the cell is
/// empty and the next call builds a new handler. Whatever the old one held is left alone: it may be
/// half changed.
pub struct Instance<H: Handler> {
    handler: GuestCell<Option<H>>,
}

impl<H: Handler> Default for Instance<H> {
    fn default() -> Self {
        Self::new()
    }
}

impl<H: Handler> Hooks for Instance<H> {
    type State = H::State;

    /// A handler that was written by hand may have forgotten what its messages need.
    const NEEDS: Needs = H::NEEDS.union(Needs {
        buffer_request: H::RequestBuffering::FROM_START,
        buffer_response: H::Buffering::FROM_START,
        trailers: false,
    });

    const HAS_RESPONSE_HOOK: bool = H::HAS_RESPONSE_HOOK;

    #[inline(always)]
    fn request(&self, host: &Host) -> Next<Forwarded<H::State>> {
        let Ok(mut handler) = self.take_handler() else {
            if H::FAIL_OPEN {
                return Next::PassThrough;
            }
            fail(true);
            return Next::ShortCircuit;
        };
        let progress = Progress {
            begun: Cell::new(false),
            // By another handler of the chain, for all requests.
            buffered: Cell::new(Self::NEEDS.buffer_response),
        };
        let mut request =
            Request::current(Reader::of_request(host.keeps_last_write(Self::NEEDS.buffer_request)));
        let flow = handler.request(
            &mut request,
            Reply::new(&progress),
            if host.has_trailers(Self::NEEDS) { Some(Trailers::current()) } else { None },
        );
        self.put_handler(handler);
        match flow {
            // A hook that has responded and forwards nevertheless would have two responses put after
            // each other.
            Ok(Flow::Continue(_)) if !progress.begun.get() && request.lacks_body() => {
                // What is left of it would reach the next handler on some hosts, as if it were all.
                log::error("request body was consumed but not written back; cannot forward");
                fail(true);
                Next::ShortCircuit
            }
            Ok(Flow::Continue(state)) if !progress.begun.get() => {
                Next::Forward(Forwarded { state, buffered: progress.buffered.get() })
            }
            Ok(Flow::Stop(_)) if !progress.begun.get() => {
                log::error("the handler has not responded to this request, but to another one");
                fail(true);
                Next::ShortCircuit
            }
            Ok(_) => Next::ShortCircuit,
            Err(error) => {
                error.report();
                if !progress.begun.get() {
                    fail(true);
                }
                Next::ShortCircuit
            }
        }
    }

    #[inline]
    fn response(&self, host: &Host, forwarded: Forwarded<H::State>, is_error: bool) {
        let mut handler = if H::FAIL_OPEN {
            // Where there was no handler for the request hook, there is none for this one either.
            let Some(handler) = self.handler.replace(None) else { return };
            handler
        } else {
            let Ok(handler) = self.take_handler() else { return };
            handler
        };
        let keeps_last_write = host.keeps_last_write(Self::NEEDS.buffer_response);
        let mut response = Response::current(is_error, forwarded.buffered, keeps_last_write);
        let done = handler.response(
            &Request::current(Reader::of_request(false)),
            &mut response,
            forwarded.state,
            if host.has_trailers(Self::NEEDS) { Some(Trailers::current()) } else { None },
        );
        self.put_handler(handler);
        response.close(done);
    }
}

impl<H: Handler> Instance<H> {
    /// An instance that has not seen a request.
    #[must_use]
    pub const fn new() -> Self {
        Self { handler: GuestCell::new(None) }
    }

    /// Moves the handler out of its cell; builds a new one where there is none, and logs an error.
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

    /// Moves the handler back into its cell, which is empty: there is nothing to drop there, and a
    /// guest whose code cannot tell would carry the code for it.
    #[inline]
    fn put_handler(&self, handler: H) {
        core::mem::forget(self.handler.replace(Some(handler)));
    }
}
