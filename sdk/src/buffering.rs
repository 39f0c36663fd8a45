//! Whether the host holds a message in memory, as types.

/// Whether the host holds a message in memory, so that the hook can read or change it as a whole:
/// [`Unbuffered`], [`Buffered`] or, for responses, [`DynamicBuffering`], as the handler declares.
pub trait Buffering: sealed::Sealed + 'static {
    /// Whether the host buffers all of these messages from the start.
    const FROM_START: bool;

    /// Whether the response is buffered, given whether the request hook asked for that.
    #[doc(hidden)]
    fn is_buffered(asked: bool) -> bool;
}

mod sealed {
    pub trait Sealed {}
}

/// The message is streamed: a response to the client as the next handler writes it, a request body to
/// the next handler as the client sends it. What a handler gets that declares nothing.
#[derive(Debug)]
pub enum Unbuffered {}

/// The host holds the message in memory: the response until the response hook has returned, declared
/// by `#[handler(buffer_response)]`, or the body of the request, declared by
/// `#[handler(buffer_request)]`.
///
/// For responses that breaks WebSocket upgrades, server-sent events and 1xx responses, and costs the
/// host memory; [`DynamicBuffering`] does so only for the requests that need it.
#[derive(Debug)]
pub enum Buffered {}

/// The request hook decides whether the response is buffered, by
/// [`Reply::buffer_response`](crate::Reply::buffer_response): declared by
/// `#[handler(buffer_response = "dynamic")]`.
#[derive(Debug)]
pub enum DynamicBuffering {}

impl sealed::Sealed for Unbuffered {}
impl sealed::Sealed for Buffered {}
impl sealed::Sealed for DynamicBuffering {}

impl Buffering for Unbuffered {
    const FROM_START: bool = false;

    #[inline]
    fn is_buffered(_asked: bool) -> bool {
        false
    }
}

impl Buffering for Buffered {
    const FROM_START: bool = true;

    #[inline]
    fn is_buffered(_asked: bool) -> bool {
        true
    }
}

impl Buffering for DynamicBuffering {
    const FROM_START: bool = false;

    #[inline]
    fn is_buffered(asked: bool) -> bool {
        asked
    }
}
