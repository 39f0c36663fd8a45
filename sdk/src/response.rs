//! The response: as the request hook may write it, and as the response hook sees it.

use core::cell::Cell;
use core::marker::PhantomData;

use http_wasm_abi::{BodyKind, Features, HeaderKind};

use crate::body::{Reader, ResponseBody};
use crate::error::Error;
use crate::header::{HeaderName, HeaderValue, known};
use crate::headers::{Headers, HeadersMut};
use crate::raw;
use crate::request::Request;
use crate::types::StatusCode;

/// The answer that a request hook may give instead of the next handler.
///
/// Hosts send the head of the response at once when they are told the status, and drop what comes
/// too late without a word. So an answer goes in one order: headers, status, body; and giving a
/// status or a body uses it up. What that returns is the handler's result: the next handler is not
/// called.
///
/// ```
/// use http_wasm_sdk::prelude::*;
///
/// #[handler]
/// fn closed(_request: &mut Request, reply: Reply<'_>) -> Sent {
///     reply
///         .header(known::RETRY_AFTER, value!("3600"))
///         .status(StatusCode::SERVICE_UNAVAILABLE)
///         .body("back in an hour\n")
/// }
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # let outcome = testing::run::<closed>(&Scenario::get("/"));
/// # assert_eq!((outcome.status(), outcome.response_text()), (503, "back in an hour\n"));
/// # assert_eq!(outcome.response_header("retry-after"), Some("3600"));
/// # assert!(outcome.upstream.is_none());
/// ```
///
/// Headers that are set here are there as well when the next handler is called after all.
#[derive(Debug)]
pub struct Reply<'a>(&'a Progress);

/// What has become of the response during the request hook.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Whether the head is sent, so that there is no place left for a 500.
    pub(crate) begun: Cell<bool>,
    /// Whether the host buffers the response of this request.
    pub(crate) buffered: Cell<bool>,
}

impl<'a> Reply<'a> {
    #[inline]
    pub(crate) const fn new(progress: &'a Progress) -> Self {
        Self(progress)
    }

    /// The same for the next handler of a chain, after this one.
    #[inline]
    pub(crate) const fn again(&self) -> Self {
        Self(self.0)
    }

    /// Has the host hold the response of this request back, so that the response hook can change it.
    /// `false` where the request wants another protocol (`upgrade`), which buffering would break.
    ///
    /// The hook of a handler that declares `#[handler(may_buffer_response)]` sees it at
    /// [`Response::when_buffered`]. ABI: `enable_features`.
    #[inline]
    pub fn buffer_response(&mut self, request: &Request) -> bool {
        if request.headers().contains(known::UPGRADE) {
            return false;
        }
        raw::enable_features(Features::BUFFER_RESPONSE);
        self.0.buffered.set(true);
        true
    }

    /// The headers of the response, as far as they are known before the next handler.
    #[inline]
    #[must_use]
    pub const fn headers(&self) -> Headers<'_> {
        Headers::of(HeaderKind::Response)
    }

    /// The headers of the response, to be changed.
    #[inline]
    pub const fn headers_mut(&mut self) -> HeadersMut<'_> {
        HeadersMut::of(HeaderKind::Response)
    }

    /// Replaces a header; for chains. ABI: `set_header_value`.
    #[inline]
    #[must_use]
    pub fn header(mut self, name: HeaderName<'_>, value: HeaderValue<'_>) -> Self {
        self.headers_mut().insert(name, value);
        self
    }

    /// Sends the head with this status; what is left is the body. ABI: `set_status_code`.
    #[inline]
    pub fn status(self, status: StatusCode) -> ReplyBody<'a> {
        self.0.begun.set(true);
        raw::set_status_code(status.as_u16().into());
        ReplyBody(PhantomData)
    }

    /// Answers 200 with this body. ABI: `write_body`.
    #[inline]
    pub fn body(self, body: impl AsRef<[u8]>) -> Sent {
        self.0.begun.set(true);
        ReplyBody(PhantomData).body(body)
    }
}

/// An answer whose status is sent: the body may follow, in pieces.
///
/// ```
/// use core::fmt::Write;
/// use http_wasm_sdk::prelude::*;
///
/// #[handler]
/// fn teapot(request: &mut Request, reply: Reply<'_>) -> Result<Sent, Error> {
///     let mut buffer = Buffer::<256>::new();
///     let uri = request.uri(&mut buffer)?;
///     let mut body = reply.status(StatusCode::IM_A_TEAPOT);
///     body.write("no coffee at ");
///     // Formatting works as well, and costs the guest the machinery for it.
///     writeln!(body, "{}", uri.as_uri()).map_err(|_| "cannot be formatted")?;
///     Ok(body.end())
/// }
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # let outcome = testing::run::<teapot>(&Scenario::get("/cup"));
/// # assert_eq!((outcome.status(), outcome.response_text()), (418, "no coffee at /cup\n"));
/// ```
#[derive(Debug)]
pub struct ReplyBody<'a>(PhantomData<&'a mut ()>);

impl ReplyBody<'_> {
    /// Writes a piece of the body. ABI: `write_body`.
    #[inline]
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        raw::write_body(BodyKind::Response, bytes.as_ref());
    }

    /// Writes the body, or the last piece of it. ABI: `write_body`.
    #[inline]
    pub fn body(mut self, bytes: impl AsRef<[u8]>) -> Sent {
        self.write(bytes);
        self.end()
    }

    /// Ends the answer.
    #[inline]
    pub const fn end(self) -> Sent {
        Sent(())
    }
}

/// Answers with a 500 that says nothing of why.
#[inline(never)]
pub(crate) fn fail(with_body: bool) {
    raw::set_status_code(StatusCode::INTERNAL_SERVER_ERROR.as_u16().into());
    if with_body {
        raw::write_body(BodyKind::Response, b"internal server error\n");
    }
}

/// The answer is given: a handler that returns this stops here.
#[derive(Debug)]
pub struct Sent(());

/// Whether the host holds the response back so that the response hook can change it: [`Unbuffered`],
/// [`Buffered`] or [`MaybeBuffered`], as the handler declares.
pub trait Buffering: sealed::Sealed + 'static {
    /// The features that have to be enabled for it from the start.
    const FEATURES: Features;

    /// Whether the response is held back, given whether the request hook asked for that.
    #[doc(hidden)]
    fn holds(asked: bool) -> bool;
}

mod sealed {
    pub trait Sealed {}
}

/// The response is on its way to the client as the next handler writes it. What a handler gets that
/// declares nothing.
#[derive(Debug)]
pub enum Unbuffered {}

/// The host holds the response back until the response hook has returned: declared by
/// `#[handler(buffer_response)]`.
///
/// That breaks WebSocket upgrades, server-sent events and 1xx responses, and costs the host memory;
/// [`MaybeBuffered`] does so only for the requests that need it.
#[derive(Debug)]
pub enum Buffered {}

/// The request hook decides, by [`Reply::buffer_response`]: declared by
/// `#[handler(may_buffer_response)]`.
#[derive(Debug)]
pub enum MaybeBuffered {}

impl sealed::Sealed for Unbuffered {}
impl sealed::Sealed for Buffered {}
impl sealed::Sealed for MaybeBuffered {}

impl Buffering for Unbuffered {
    const FEATURES: Features = Features::NONE;

    #[inline]
    fn holds(_asked: bool) -> bool {
        false
    }
}

impl Buffering for Buffered {
    const FEATURES: Features = Features::BUFFER_RESPONSE;

    #[inline]
    fn holds(_asked: bool) -> bool {
        true
    }
}

impl Buffering for MaybeBuffered {
    const FEATURES: Features = Features::NONE;

    #[inline]
    fn holds(asked: bool) -> bool {
        asked
    }
}

/// The response after the next handler.
///
/// Unbuffered, its headers can be read, and that is all: a host traps on everything else. With
/// `#[handler(buffer_response)]` the hook takes `&mut Response<Buffered>`, which can also be changed.
///
/// ```
/// use http_wasm_sdk::prelude::*;
///
/// #[derive(Default)]
/// struct Polite;
///
/// #[handler(buffer_response)]
/// impl Polite {
///     fn request(&self, _request: &mut Request) {}
///
///     fn response(&self, _: &Request, response: &mut Response<Buffered>) -> Result<(), Error> {
///         response.headers_mut().remove(known::SERVER);
///         if response.status().is_server_error() {
///             response.set_status(StatusCode::SERVICE_UNAVAILABLE);
///             response.body_mut().replace("come back later\n")?;
///         }
///         Ok(())
///     }
/// }
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # let failing = Scenario::get("/").upstream_status(500).upstream_header("server", "ours").upstream_body("panic at 0x7f");
/// # let outcome = testing::run::<Polite>(&failing);
/// # assert_eq!((outcome.status(), outcome.response_text()), (503, "come back later\n"));
/// # assert_eq!(outcome.response_header("server"), None);
/// ```
///
/// With `#[handler(may_buffer_response)]` the request hook decides for each request:
///
/// ```
/// use http_wasm_sdk::prelude::*;
/// use http_wasm_sdk::MaybeBuffered;
///
/// #[derive(Default)]
/// struct Drafts;
///
/// #[handler(may_buffer_response)]
/// impl Drafts {
///     fn request(&self, request: &mut Request, mut reply: Reply<'_>) -> Result<(), Error> {
///         let mut buffer = Buffer::<1024>::new();
///         if request.uri(&mut buffer)?.segments().any(|segment| segment.is("drafts")) {
///             reply.buffer_response(request);
///         }
///         Ok(())
///     }
///
///     fn response(&self, _: &Request, response: &mut Response<MaybeBuffered>) {
///         response.when_buffered(|response| {
///             response.headers_mut().insert(known::CACHE_CONTROL, value!("no-store"));
///         });
///     }
/// }
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # let header = |uri| testing::run::<Drafts>(&Scenario::get(uri)).response_header("cache-control").map(str::to_owned);
/// # assert_eq!(header("/drafts/1").as_deref(), Some("no-store"));
/// # assert_eq!(header("/posts/1"), None);
/// ```
#[derive(Debug)]
pub struct Response<B: Buffering = Unbuffered> {
    is_error: bool,
    buffered: bool,
    body: Reader,
    _buffering: PhantomData<B>,
}

impl<B: Buffering> Response<B> {
    #[inline]
    pub(crate) const fn current(is_error: bool, buffered: bool) -> Self {
        Self { is_error, buffered, body: Reader::new(BodyKind::Response), _buffering: PhantomData }
    }

    /// Lends the same response as a handler takes it that declares something else.
    #[inline]
    pub(crate) fn lend<C: Buffering, R>(&mut self, take: impl FnOnce(&mut Response<C>) -> R) -> R {
        let mut lent = Response {
            is_error: self.is_error,
            buffered: self.buffered,
            body: core::mem::replace(&mut self.body, Reader::new(BodyKind::Response)),
            _buffering: PhantomData,
        };
        let result = take(&mut lent);
        self.body = lent.body;
        result
    }

    /// Ends a response hook: an error is logged, and answered with a 500 where that can still be done,
    /// so that nothing goes out which the hook was to change.
    #[inline]
    pub(crate) fn close(&mut self, done: Result<(), Error>) {
        if let Err(error) = done {
            error.report();
            if B::holds(self.buffered) {
                for name in [known::CONTENT_LENGTH, known::CONTENT_ENCODING] {
                    raw::remove_header(HeaderKind::Response, name.as_bytes());
                }
                fail(self.body.unwritten().is_ok());
            }
        }
    }

    /// Whether the next handler failed in the host.
    ///
    /// On the official Go host that is a panic; a 502 of the upstream is a response like any other.
    #[inline]
    #[must_use]
    pub const fn is_error(&self) -> bool {
        self.is_error
    }

    /// The headers.
    #[inline]
    #[must_use]
    pub const fn headers(&self) -> Headers<'_> {
        Headers::of(HeaderKind::Response)
    }
}

impl Response<MaybeBuffered> {
    /// Hands the response over to be changed, if the request hook had it buffered; `None` if not.
    #[inline]
    pub fn when_buffered<R>(
        &mut self,
        change: impl FnOnce(&mut Response<Buffered>) -> R,
    ) -> Option<R> {
        if self.buffered { Some(self.lend(change)) } else { None }
    }
}

/// A response that can be read and changed as a whole, because the host holds it back.
#[diagnostic::on_unimplemented(
    message = "the response hook can read the headers of this response, and nothing else",
    label = "not buffered by the host",
    note = "hosts trap on it: declare #[handler(buffer_response)] and take `&mut Response<Buffered>`",
    note = "or declare #[handler(may_buffer_response)], take `&mut Response<MaybeBuffered>` and call `when_buffered`"
)]
pub trait WholeResponse: Buffering {}

impl WholeResponse for Buffered {}

impl<B: Buffering> Response<B> {
    /// The status code. ABI: `get_status_code`.
    #[inline]
    #[must_use]
    pub fn status(&self) -> StatusCode
    where
        B: WholeResponse,
    {
        StatusCode::from_host(raw::status_code())
    }

    /// Replaces the status code. ABI: `set_status_code`.
    #[inline]
    pub fn set_status(&mut self, status: StatusCode)
    where
        B: WholeResponse,
    {
        raw::set_status_code(status.as_u16().into());
    }

    /// The headers, to be changed.
    #[inline]
    pub const fn headers_mut(&mut self) -> HeadersMut<'_>
    where
        B: WholeResponse,
    {
        HeadersMut::of(HeaderKind::Response)
    }

    /// The body.
    #[inline]
    pub const fn body_mut(&mut self) -> ResponseBody<'_>
    where
        B: WholeResponse,
    {
        ResponseBody::of(&mut self.body)
    }
}
