//! What the SDK and its backends exchange.

use core::fmt;

/// How urgent a log message is.
pub use http_wasm_abi::LogLevel as Level;

/// A message of the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    Request,
    Response,
}

/// A header or trailer section of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    RequestHeaders,
    ResponseHeaders,
    RequestTrailers,
    ResponseTrailers,
}

/// What a handler needs of the host from the start, for all requests.
///
/// ```
/// use http_wasm_sdk::Needs;
/// let logs_bodies = Needs { buffer_request: true, ..Needs::NONE };
/// let adds_trailers = Needs { trailers: true, ..Needs::NONE };
/// let both = Needs { buffer_request: true, buffer_response: false, trailers: true };
/// assert_eq!(logs_bodies.union(adds_trailers), both);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Needs {
    /// The host buffers the request body, so that the request hook can read it.
    pub buffer_request: bool,
    /// The host buffers the response, so that the response hook can read and change it.
    pub buffer_response: bool,
    /// The hooks read or write trailers.
    pub trailers: bool,
}

impl Needs {
    /// Nothing.
    pub const NONE: Self = Self { buffer_request: false, buffer_response: false, trailers: false };

    /// What either of the two needs.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self {
            buffer_request: self.buffer_request | other.buffer_request,
            buffer_response: self.buffer_response | other.buffer_response,
            trailers: self.trailers | other.trailers,
        }
    }
}

/// State of 32 bits, which the host keeps from the request hook to the response hook: the `ctx` value of
/// the ABI.
///
/// ```
/// use http_wasm_sdk::prelude::*;
/// use http_wasm_sdk::Ctx;
///
/// #[derive(Default)]
/// struct Numbered {
///     last: u32,
/// }
///
/// #[handler]
/// impl Numbered {
///     fn request(&mut self, _request: &mut Request) -> Flow<Ctx> {
///         self.last += 1;
///         Flow::Continue(Ctx(self.last))
///     }
///
///     fn response(&self, _request: &Request, _response: &mut Response, Ctx(number): Ctx) {
///         log::format(log::Level::Info, format_args!("response {number}"));
///     }
/// }
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # let mut session = testing::session::<Numbered>();
/// # session.run(&Scenario::get("/")).assert_ok();
/// # assert_eq!(session.run(&Scenario::get("/")).messages(), ["info: response 2"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ctx(pub u32);

/// A value did not fit into the caller's buffer: nothing was read, and the value is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferTooSmall {
    /// How many bytes the value needs, with a NUL after each item where it is a list.
    pub needed: u32,
}

impl fmt::Display for BufferTooSmall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the value needs {} bytes, more than the buffer has", self.needed)
    }
}

impl core::error::Error for BufferTooSmall {}
