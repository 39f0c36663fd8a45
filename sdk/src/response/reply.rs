//! The answer of a request hook.

use core::cell::Cell;
use core::marker::PhantomData;

#[cfg(doc)]
use super::Response;
use crate::backend::{self, Message, Section};
use crate::buffering::Buffering;
use crate::header::{HeaderName, HeaderValue, known};
use crate::headers::{Headers, HeadersMut};
use crate::request::Request;
use crate::types::StatusCode;

/// The answer that a request hook may give instead of the next handler.
///
/// Hosts send the head of the response at once when they are told the status, and drop what comes
/// too late without a word. So an answer goes in one order: headers, status, body; and giving a
/// status or a body uses it up. What that returns is the handler's result: the next handler is not
/// called, whatever else the hook returns, as two answers would be put one after the other.
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
/// Headers that are set here are there as well when the next handler is called after all.
#[derive(Debug)]
pub struct Reply<'a>(&'a Progress);

/// What has become of the response during the request hook.
#[derive(Debug)]
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

    /// Whether the answer has begun: the next handler must not be called then.
    #[inline]
    pub(crate) fn has_begun(&self) -> bool {
        self.0.begun.get()
    }

    /// The same for the next handler of a chain, after this one.
    #[inline]
    pub(crate) const fn reborrow(&self) -> Self {
        Self(self.0)
    }

    /// Has the host hold the response of this request back, so that the response hook can change it.
    /// `false` where the request wants another protocol (`upgrade`), which buffering would break, and
    /// where the host does not buffer single responses: the Express host does so for all or none, declared by
    /// `#[handler(buffer_response)]`.
    ///
    /// The hook of a handler that declares `#[handler(buffer_response = "dynamic")]` sees it at
    /// [`Response::when_buffered`]. ABI: `enable_features`.
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

    /// The headers of the response, to be changed; but for `content-length`, which the host sets by
    /// itself: hosts trap on a body that is longer than it says. Setting it here does nothing.
    #[inline]
    pub const fn headers_mut(&mut self) -> HeadersMut<'_> {
        HeadersMut::of_answer()
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
        backend::set_status(status.as_u16().into());
        let bodiless = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        ReplyBody { bodiless, _borrow: PhantomData }
    }

    /// Answers 200 with this body. ABI: `write_body`.
    #[inline]
    pub fn body(self, body: impl AsRef<[u8]>) -> Responded {
        self.0.begun.set(true);
        ReplyBody { bodiless: false, _borrow: PhantomData }.body(body)
    }
}

/// An answer whose status is sent: the body may follow, in pieces.
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
/// 204 and 304 are answers without a body, and hosts trap on one: what is written to them is left out.
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

    /// Ends the answer.
    #[inline]
    pub const fn end(self) -> Responded {
        Responded(())
    }
}

/// Answers with a 500 that says nothing of why.
#[inline(never)]
pub(crate) fn fail(with_body: bool) {
    backend::set_status(StatusCode::INTERNAL_SERVER_ERROR.as_u16().into());
    if with_body {
        backend::write_body(Message::Response, b"internal server error\n");
    }
}

/// The answer is given: a handler that returns this stops here.
#[derive(Debug)]
pub struct Responded(());
