//! The response: as the request hook may write it, and as the response hook sees it.

mod reply;

use core::marker::PhantomData;

use crate::backend::{self, Message, Section};
use crate::body::{Reader, ResponseBody};
use crate::buffering::{Buffered, Buffering, DynamicBuffering, Unbuffered};
use crate::error::Error;
use crate::header::known;
use crate::headers::{Headers, HeadersMut};
use crate::types::StatusCode;

pub(crate) use reply::{Progress, fail};
pub use reply::{Reply, ReplyBody, Responded};

/// The response after the next handler.
///
/// Unbuffered, only its headers can be read: hosts trap on everything else. With
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
/// With `#[handler(buffer_response = "dynamic")]` the request hook decides for each request:
///
/// ```
/// use http_wasm_sdk::prelude::*;
/// use http_wasm_sdk::DynamicBuffering;
///
/// #[derive(Default)]
/// struct Drafts;
///
/// #[handler(buffer_response = "dynamic")]
/// impl Drafts {
///     fn request(&self, request: &mut Request, mut reply: Reply<'_>) -> Result<(), Error> {
///         let mut buffer = Buffer::<1024>::new();
///         if request.uri(&mut buffer)?.segments().any(|segment| segment.is("drafts")) {
///             reply.buffer_response(request);
///         }
///         Ok(())
///     }
///
///     fn response(&self, _: &Request, response: &mut Response<DynamicBuffering>) {
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
    pub(crate) const fn current(is_error: bool, buffered: bool, keeps_last_write: bool) -> Self {
        let body = Reader::new(Message::Response, keeps_last_write);
        Self { is_error, buffered, body, _buffering: PhantomData }
    }

    /// Lends the response to a handler that declares other buffering.
    #[inline]
    pub(crate) fn lend<C: Buffering, R>(&mut self, take: impl FnOnce(&mut Response<C>) -> R) -> R {
        let mut lent = Response {
            is_error: self.is_error,
            buffered: self.buffered,
            body: core::mem::replace(&mut self.body, Reader::new(Message::Response, false)),
            _buffering: PhantomData,
        };
        let result = take(&mut lent);
        self.body = lent.body;
        result
    }

    /// Ends a response hook: logs an error, and responds with a 500 where that is still possible, so that
    /// nothing is sent that the hook was to change.
    #[inline]
    pub(crate) fn close(&mut self, done: Result<(), Error>) {
        if let Err(error) = done {
            error.report();
            if B::is_buffered(self.buffered) {
                for name in [known::CONTENT_LENGTH, known::CONTENT_ENCODING] {
                    backend::remove_header(Section::ResponseHeaders, name.as_bytes());
                }
                fail(self.body.claim_write().is_ok());
                // Another handler of the chain is not to take this for the body.
                self.body.close(false);
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
        Headers::of(Section::ResponseHeaders)
    }
}

impl Response<DynamicBuffering> {
    /// Calls `change` if the request hook had the response buffered; `None` if not.
    #[inline]
    pub fn when_buffered<R>(
        &mut self,
        change: impl FnOnce(&mut Response<Buffered>) -> R,
    ) -> Option<R> {
        if self.buffered { Some(self.lend(change)) } else { None }
    }
}

/// A response that can be read and changed as a whole, because the host buffers it.
#[diagnostic::on_unimplemented(
    message = "the response hook can only read the headers of this response",
    label = "not buffered by the host",
    note = "hosts trap on it: declare #[handler(buffer_response)] and take `&mut Response<Buffered>`",
    note = "or declare #[handler(buffer_response = \"dynamic\")], take `&mut Response<DynamicBuffering>` and call `when_buffered`"
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
        StatusCode::from_host(backend::status())
    }

    /// Replaces the status code. ABI: `set_status_code`.
    ///
    /// Hosts drop the body with 204 and 304.
    #[inline]
    pub fn set_status(&mut self, status: StatusCode)
    where
        B: WholeResponse,
    {
        backend::set_status(status.as_u16().into());
    }

    /// Changes the headers.
    #[inline]
    pub const fn headers_mut(&mut self) -> HeadersMut<'_>
    where
        B: WholeResponse,
    {
        HeadersMut::of(Section::ResponseHeaders)
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
