//! What a filter implements, and what its hooks may return.

use crate::backend::Needs;
use crate::buffering::Buffering;
use crate::error::Error;
use crate::request::Request;
use crate::response::{Reply, ReplyBody, Responded, Response};
use crate::trailers::Trailers;

/// A filter. `#[handler]` implements this; by hand it is for generic handlers of a chain, which the
/// macro cannot know:
///
/// ```
/// use http_wasm_sdk::prelude::*;
/// use http_wasm_sdk::{Needs, Trailers, Unbuffered};
///
/// /// Hides the paths of administrators, and passes all others to another handler.
/// struct Hidden<H>(H);
///
/// impl<H: Handler<RequestBuffering = Unbuffered, State = ()>> Handler for Hidden<H> {
///     type State = ();
///     type Buffering = Unbuffered;
///     type RequestBuffering = Unbuffered;
///     const NEEDS: Needs = Needs::NONE;
///     const HAS_RESPONSE_HOOK: bool = false;
///     const FAIL_OPEN: bool = false;
///     const EXPORTED: bool = H::EXPORTED;
///
///     fn new() -> Result<Self, Error> {
///         H::new().map(Self)
///     }
///
///     fn request(
///         &mut self,
///         request: &mut Request,
///         reply: Reply<'_>,
///         _trailers: Option<Trailers<'_>>,
///     ) -> Result<Flow, Error> {
///         let mut buffer = Buffer::<256>::new();
///         if request.uri(&mut buffer)?.path_is("/admin") {
///             return Ok(Flow::Stop(reply.status(StatusCode::NOT_FOUND).end()));
///         }
///         self.0.request(request, reply, None)
///     }
///
///     fn response(
///         &mut self,
///         _request: &Request,
///         _response: &mut Response,
///         (): (),
///         _trailers: Option<Trailers<'_, Unbuffered>>,
///     ) -> Result<(), Error> {
///         Ok(())
///     }
/// }
///
/// #[handler(no_export)]
/// fn mark(request: &mut Request) {
///     request.headers_mut().insert(name!("x-marked"), value!("1"));
/// }
///
/// http_wasm_sdk::chain!(Filter = Hidden<mark>);
/// # fn main() {
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # assert_eq!(testing::run::<Filter>(&Scenario::get("/admin")).status(), 404);
/// # assert_eq!(testing::run::<Filter>(&Scenario::get("/")).upstream_header("x-marked"), Some("1"));
/// # }
/// ```
pub trait Handler: Sized + 'static {
    /// The state that the request hook hands to the response hook of the same request: any type of the
    /// author's. [`Ctx`](crate::Ctx) travels through the host instead of through memory.
    type State: 'static;

    /// Whether the response hook can change the response.
    type Buffering: Buffering;

    /// Whether the request hook can read the body of the request.
    type RequestBuffering: Buffering;

    /// What the host is asked for when the guest starts.
    const NEEDS: Needs;

    /// Whether there is a response hook; without one the host's call costs the guest no code.
    const HAS_RESPONSE_HOOK: bool;

    /// Whether requests pass through when the handler cannot be built, instead of getting a 500.
    const FAIL_OPEN: bool;

    /// Whether the handler is a guest by itself, and so not a part of a chain: `#[handler]` without `no_export`.
    /// A handler that wraps another one has the value of that one.
    const EXPORTED: bool = false;

    /// Builds the handler: once per instance, at its first request, and again when a call of that
    /// instance did not return.
    ///
    /// # Errors
    /// Where the configuration is invalid.
    fn new() -> Result<Self, Error>;

    /// The request hook, before the next handler.
    ///
    /// # Errors
    /// An error is logged, and the client gets a plain 500.
    fn request(
        &mut self,
        request: &mut Request<Self::RequestBuffering>,
        reply: Reply<'_>,
        trailers: Option<Trailers<'_>>,
    ) -> Result<Flow<Self::State>, Error>;

    /// The response hook, after the next handler; not called where the request hook short-circuits.
    ///
    /// # Errors
    /// An error is logged. A buffered response becomes a plain 500; any other is sent as it is.
    fn response(
        &mut self,
        request: &Request,
        response: &mut Response<Self::Buffering>,
        state: Self::State,
        trailers: Option<Trailers<'_, Self::Buffering>>,
    ) -> Result<(), Error>;
}

/// Whether a request is forwarded after the request hook, and the state for its response hook: any type
/// of yours, which the instance keeps until the response hook takes it.
///
/// ```
/// use http_wasm_sdk::prelude::*;
///
/// struct Asked {
///     for_json: bool,
/// }
///
/// #[derive(Default)]
/// struct Negotiate;
///
/// #[handler(buffer_response)]
/// impl Negotiate {
///     fn request(&self, request: &mut Request, reply: Reply<'_>) -> Result<Flow<Asked>, Error> {
///         let mut buffer = Buffer::<128>::new();
///         match request.headers().get(known::ACCEPT, &mut buffer)? {
///             Some(accept) => Ok(Flow::Continue(Asked { for_json: accept == "application/json" })),
///             None => Ok(Flow::Stop(reply.status(StatusCode::NOT_ACCEPTABLE).end())),
///         }
///     }
///
///     fn response(&self, _: &Request, response: &mut Response<Buffered>, asked: Asked) {
///         if asked.for_json && response.status().is_client_error() {
///             response.headers_mut().insert(known::CONTENT_TYPE, value!("application/problem+json"));
///         }
///     }
/// }
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # let json = Scenario::get("/").header("accept", "application/json").upstream_status(404);
/// # let outcome = testing::run::<Negotiate>(&json);
/// # assert_eq!(outcome.response_header("content-type"), Some("application/problem+json"));
/// # assert_eq!(testing::run::<Negotiate>(&Scenario::get("/")).status(), 406);
/// ```
#[derive(Debug, PartialEq, Eq)]
pub enum Flow<S = ()> {
    /// Forwards to the next handler; the response hook gets the state.
    Continue(S),
    /// Short-circuits: the handler has responded, which the value shows.
    Stop(Responded),
}

impl Flow {
    /// Forwards to the next handler, without state.
    pub const CONTINUE: Self = Self::Continue(());
}

/// What a request hook may return.
///
/// `()` forwards to the next handler, [`Responded`] and [`ReplyBody`] short-circuit, [`Flow`] decides;
/// `None` of an `Option` of one forwards, and a `Result` of any of these may fail.
#[diagnostic::on_unimplemented(
    message = "a request hook cannot return `{Self}` where the response hook takes the state `{S}`",
    label = "not what a request hook returns",
    note = "it returns nothing, `Responded`, `Option<Responded>`, `Flow<{S}>`, or a `Result` of one of these",
    note = "the state is what the response hook takes as its third parameter, `()` without one"
)]
pub trait IntoFlow<S> {
    /// Converts the result of a hook.
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

impl<S> IntoFlow<S> for Responded {
    #[inline]
    fn into_flow(self) -> Result<Flow<S>, Error> {
        Ok(Flow::Stop(self))
    }
}

impl<S> IntoFlow<S> for ReplyBody<'_> {
    #[inline]
    fn into_flow(self) -> Result<Flow<S>, Error> {
        Ok(Flow::Stop(self.end()))
    }
}

impl IntoFlow<()> for Option<Responded> {
    #[inline]
    fn into_flow(self) -> Result<Flow, Error> {
        Ok(self.map_or(Flow::CONTINUE, Flow::Stop))
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
#[diagnostic::on_unimplemented(
    message = "a response hook cannot return `{Self}`",
    note = "it returns nothing, or a `Result` of nothing"
)]
pub trait IntoDone {
    /// Converts the result of a hook.
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
#[diagnostic::on_unimplemented(
    message = "`new` cannot return `{Self}`",
    note = "it returns `Self`, or a `Result` of it"
)]
pub trait IntoHandler<H> {
    /// Converts the result of a constructor.
    ///
    /// # Errors
    /// Where the configuration is invalid.
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
