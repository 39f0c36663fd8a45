//! What a filter implements, and how the host's calls reach it.

use http_wasm_abi::CtxNext;

use crate::error::Error;
use crate::log;
use crate::raw::{self, GuestCell};
use crate::request::Request;
use crate::response::{Buffering, Reply, ReplyBody, Response, Sent};
use crate::types::StatusCode;

/// A filter: `#[handler]` implements this, so that there is seldom a reason to do it by hand.
pub trait Handler: Sized + 'static {
    /// What travels from the request hook to the response hook of the same request.
    type State: 'static;

    /// Whether the response hook can change the response.
    type Buffering: Buffering;

    /// Whether there is a response hook; without one the host's call costs the guest no code.
    const HAS_RESPONSE_HOOK: bool;

    /// Builds the handler: once per instance, at its first request, and again when a call of that
    /// instance did not return.
    ///
    /// # Errors
    /// Where the configuration is of no use: then each request is answered with a 500.
    fn new() -> Result<Self, Error>;

    /// The request hook, before the next handler.
    ///
    /// # Errors
    /// An error is logged, and the client gets a plain 500.
    fn request(
        &mut self,
        request: &mut Request,
        reply: Reply<'_>,
    ) -> Result<Flow<Self::State>, Error>;

    /// The response hook, after the next handler; not called where the request hook stopped.
    ///
    /// # Errors
    /// An error is logged. The response goes out as it is.
    fn response(
        &mut self,
        request: &Request,
        response: &mut Response<Self::Buffering>,
        state: Self::State,
    ) -> Result<(), Error>;
}

/// Where a request goes after the request hook.
#[derive(Debug, PartialEq, Eq)]
pub enum Flow<S = ()> {
    /// On to the next handler; the state is handed to the response hook.
    Continue(S),
    /// No further: the handler has answered.
    Stop,
}

impl Flow {
    /// On to the next handler.
    pub const CONTINUE: Self = Self::Continue(());
}

/// What a request hook may return.
///
/// Nothing goes on to the next handler, [`Sent`] and [`ReplyBody`] stop, [`Flow`] says which; an
/// `Option` of one stops when there is one, and a `Result` of any of these may fail.
pub trait IntoFlow<S> {
    /// Where the request goes.
    ///
    /// # Errors
    /// Where the handler failed.
    fn into_flow(self) -> Result<Flow<S>, Error>;
}

impl IntoFlow<()> for () {
    #[inline]
    fn into_flow(self) -> Result<Flow, Error> {
        Ok(Flow::CONTINUE)
    }
}

impl<S> IntoFlow<S> for Flow<S> {
    #[inline]
    fn into_flow(self) -> Result<Self, Error> {
        Ok(self)
    }
}

impl<S> IntoFlow<S> for Sent {
    #[inline]
    fn into_flow(self) -> Result<Flow<S>, Error> {
        Ok(Flow::Stop)
    }
}

impl<S> IntoFlow<S> for ReplyBody<'_> {
    #[inline]
    fn into_flow(self) -> Result<Flow<S>, Error> {
        Ok(Flow::Stop)
    }
}

impl IntoFlow<()> for Option<Sent> {
    #[inline]
    fn into_flow(self) -> Result<Flow, Error> {
        Ok(if self.is_some() { Flow::Stop } else { Flow::CONTINUE })
    }
}

impl IntoFlow<()> for Option<ReplyBody<'_>> {
    #[inline]
    fn into_flow(self) -> Result<Flow, Error> {
        self.map(ReplyBody::end).into_flow()
    }
}

impl<S, F: IntoFlow<S>, E: Into<Error>> IntoFlow<S> for Result<F, E> {
    #[inline]
    fn into_flow(self) -> Result<Flow<S>, Error> {
        self.map_err(Into::into)?.into_flow()
    }
}

/// What a response hook may return: nothing, or a `Result` of that.
pub trait IntoDone {
    /// Whether the hook did its work.
    ///
    /// # Errors
    /// Where the handler failed.
    fn into_done(self) -> Result<(), Error>;
}

impl IntoDone for () {
    #[inline]
    fn into_done(self) -> Result<(), Error> {
        Ok(())
    }
}

impl<E: Into<Error>> IntoDone for Result<(), E> {
    #[inline]
    fn into_done(self) -> Result<(), Error> {
        self.map_err(Into::into)
    }
}

/// What a handler's constructor may return: itself, or a `Result` of that.
pub trait IntoHandler<H> {
    /// The handler.
    ///
    /// # Errors
    /// Where the configuration is of no use.
    fn into_handler(self) -> Result<H, Error>;
}

impl<H: Handler> IntoHandler<H> for H {
    #[inline]
    fn into_handler(self) -> Result<H, Error> {
        Ok(self)
    }
}

impl<H: Handler, E: Into<Error>> IntoHandler<H> for Result<H, E> {
    #[inline]
    fn into_handler(self) -> Result<H, Error> {
        self.map_err(Into::into)
    }
}

/// What an instance keeps between the host's calls.
///
/// During a call the handler is out of its place, so after one that did not return the place is
/// empty and the next call builds a new handler. Whatever the old one held is left alone: it may be
/// half changed.
pub struct Instance<H: Handler> {
    handler: GuestCell<Option<H>>,
    state: GuestCell<Option<H::State>>,
}

impl<H: Handler> Default for Instance<H> {
    fn default() -> Self {
        Self::new()
    }
}

impl<H: Handler> Instance<H> {
    /// An instance that has not seen a request.
    #[must_use]
    pub const fn new() -> Self {
        Self { handler: GuestCell::new(None), state: GuestCell::new(None) }
    }

    /// Enables what the handler declares; the body of `_start`.
    #[inline]
    pub fn start(&self) {
        raw::enable_features(<H::Buffering as Buffering>::FEATURES);
    }

    /// The body of `handle_request`.
    #[inline]
    pub fn handle_request(&self) -> u64 {
        // State is still there when the host gave the last request up between the hooks.
        drop(self.state.replace(None));
        let handler = match self.handler.replace(None) {
            Some(handler) => Ok(handler),
            None => H::new(),
        };
        let flow = handler.and_then(|mut handler| {
            let flow = handler.request(&mut Request::current(), Reply::current());
            self.handler.replace(Some(handler));
            flow
        });
        match flow {
            Ok(Flow::Continue(state)) => {
                if H::HAS_RESPONSE_HOOK {
                    self.state.replace(Some(state));
                }
                CtxNext::go_on(0).bits()
            }
            Ok(Flow::Stop) => CtxNext::STOP.bits(),
            Err(error) => {
                report(&error);
                let _ = Reply::current().status(StatusCode::INTERNAL_SERVER_ERROR);
                CtxNext::STOP.bits()
            }
        }
    }

    /// The body of `handle_response`.
    #[inline]
    pub fn handle_response(&self, _ctx: u32, is_error: bool) {
        if !H::HAS_RESPONSE_HOOK {
            return;
        }
        let Some(state) = self.state.replace(None) else { return };
        let Some(mut handler) = self.handler.replace(None) else { return };
        let done = handler.response(&Request::current(), &mut Response::current(is_error), state);
        self.handler.replace(Some(handler));
        if let Err(error) = done {
            report(&error);
        }
    }
}

fn report(error: &Error) {
    if let Some(message) = error.message() {
        log::error(message);
    }
}
