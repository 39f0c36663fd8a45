//! The response of a request hook.

use core::cell::Cell;
use core::marker::PhantomData;

use crate::backend::{self, Message, Section};
use crate::buffering::Buffering;
use crate::header::{HeaderName, HeaderValue, known};
use crate::headers::{Headers, HeadersMut};
use crate::request::Request;
use crate::types::StatusCode;

/// Responds from the request hook, instead of the next handler.
///
/// Hosts send the head of the response as soon as the status is set, and silently drop what comes too
/// late. So a reply has one order: headers, status, body. Giving a status or a body consumes the reply,
/// and returns the result of the hook. The next handler is not called then, whatever else the hook
/// returns, as the client would get two responses one after the other.
///
/// ```
/// use http_wasm_sdk::prelude::*;
///
/// #[handler]
/// fn closed(_request: &mut Request, reply: Reply<'_>) -> Responded {
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
/// Headers that are set here also reach the client when the request is forwarded after all.
#[derive(Debug)]
pub struct Reply<'a>(&'a Progress);

/// The state of the response during the request hook.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Whether the head is sent, so that a 500 is no longer possible.
    pub(crate) begun: Cell<bool>,
    /// Whether the host buffers the response of this request.
    pub(crate) buffered: Cell<bool>,
}

impl<'a> Reply<'a> {
    #[inline]
    pub(crate) const fn new(progress: &'a Progress) -> Self {
        Self(progress)
    }

    /// Where the response has begun, so that the next handler must not be called.
    #[inline]
    pub(crate) fn responded(&self) -> Option<Responded> {
        self.0.begun.get().then_some(Responded(()))
    }

    /// Lends the reply to another handler of a chain.
    #[inline]
    pub(crate) const fn reborrow(&self) -> Self {
        Self(self.0)
    }

    /// Has the host buffer the response of this request, so that the response hook can change it.
    /// `false` where the request asks for another protocol (`upgrade`), which buffering would break, and
    /// where the host cannot buffer single responses: the Express host buffers all or none, declared by
    /// `#[handler(buffer_response)]`.
    ///
    /// The hook of a handler that declares `#[handler(buffer_response = "dynamic")]` sees it at
    /// [`Response::when_buffered`](crate::Response::when_buffered). ABI: `enable_features`.
    #[inline]
    pub fn buffer_response(&mut self, request: &Request<impl Buffering>) -> bool {
        if request.headers().contains(known::UPGRADE) {
            return false;
        }
        if self.0.buffered.get() {
            return true;
        }
        let buffered = backend::buffer_response();
        self.0.buffered.set(buffered);
        buffered
    }

    /// The headers of the response, as far as they are known before the next handler.
    #[inline]
    #[must_use]
    pub const fn headers(&self) -> Headers<'_> {
        Headers::of(Section::ResponseHeaders)
    }

    /// Changes the headers of the response. Setting `content-length` does nothing here: the host sets
    /// it, and traps on a body that is longer than it says.
    #[inline]
    pub const fn headers_mut(&mut self) -> HeadersMut<'_> {
        HeadersMut::of_reply()
    }

    /// Replaces a header, and gives back the reply. ABI: `set_header_value`.
    #[inline]
    #[must_use]
    pub fn header(mut self, name: HeaderName<'_>, value: HeaderValue<'_>) -> Self {
        self.headers_mut().insert(name, value);
        self
    }

    /// Sends the head with this status; the body may follow. ABI: `set_status_code`.
    #[inline]
    pub fn status(self, status: StatusCode) -> ReplyBody<'a> {
        self.0.begun.set(true);
        backend::set_status(status.as_u16().into());
        let bodiless = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        ReplyBody { bodiless, _borrow: PhantomData }
    }

    /// Responds with 200 and no body, which is what hosts send for a guest that stops.
    #[inline]
    pub fn end(self) -> Responded {
        self.0.begun.set(true);
        Responded(())
    }

    /// Responds with 200 and this body. ABI: `write_body`.
    #[inline]
    pub fn body(self, body: impl AsRef<[u8]>) -> Responded {
        self.0.begun.set(true);
        ReplyBody { bodiless: false, _borrow: PhantomData }.body(body)
    }
}

/// Writes the body of a reply whose status is sent, in pieces.
///
/// ```
/// use core::fmt::Write;
/// use http_wasm_sdk::prelude::*;
///
/// #[handler]
/// fn teapot(request: &mut Request, reply: Reply<'_>) -> Result<Responded, Error> {
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
///
/// Responses with 204 and 304 have no body, and hosts trap on one: what is written to them is dropped.
#[derive(Debug)]
pub struct ReplyBody<'a> {
    bodiless: bool,
    _borrow: PhantomData<&'a mut ()>,
}

impl ReplyBody<'_> {
    /// Writes a piece of the body. ABI: `write_body`.
    #[inline]
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        if !self.bodiless {
            backend::write_body(Message::Response, bytes.as_ref());
        }
    }

    /// Writes the body, or the last piece of it. ABI: `write_body`.
    #[inline]
    pub fn body(mut self, bytes: impl AsRef<[u8]>) -> Responded {
        self.write(bytes);
        self.end()
    }

    /// Ends the response.
    #[inline]
    pub const fn end(self) -> Responded {
        Responded(())
    }
}

/// Responds with a 500 that does not say why.
#[inline(never)]
pub(crate) fn fail(with_body: bool) {
    backend::set_status(StatusCode::INTERNAL_SERVER_ERROR.as_u16().into());
    if with_body {
        backend::write_body(Message::Response, b"internal server error\n");
    }
}

/// Proof that the handler has responded: a hook that returns this short-circuits.
#[derive(Debug, PartialEq, Eq)]
pub struct Responded(());
