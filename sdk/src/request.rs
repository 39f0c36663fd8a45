//! The request.

use core::marker::PhantomData;
use core::net::SocketAddr;

use crate::backend::{self, BufferTooSmall, Section};
use crate::body::{Reader, RequestBody};
use crate::buffer::{Buffer, ReadBuffer, SealedToken};
use crate::buffering::{Buffering, Unbuffered};
use crate::error::InvalidSourceAddr;
use crate::headers::{Headers, HeadersMut};
use crate::types::{Method, Version};
use crate::uri::{RequestUri, Uri};

/// The request that the host is handling.
///
/// The request hook gets it as `&mut Request` and may change it. The response hook gets it as
/// `&Request`, since hosts trap on changes after the next handler; reading works in both.
///
/// It holds no data: every reading function asks the host, and writes to the buffer that you lend.
///
/// Its body can be replaced. Reading it needs the host to buffer it: with
/// `#[handler(buffer_request)]` the request hook takes `&mut Request<Buffered>`; see
/// [`RequestBody`].
///
/// ```
/// use http_wasm_sdk::prelude::*;
///
/// #[handler]
/// fn legacy(request: &mut Request, reply: Reply<'_>) -> Result<Option<Responded>, Error> {
///     let mut buffer = Buffer::<256>::new();
///     if !request.method(&mut buffer)?.is_safe() {
///         return Ok(Some(reply.status(StatusCode::METHOD_NOT_ALLOWED).end()));
///     }
///     if request.uri(&mut buffer)?.path_is("/index.php") {
///         request.set_uri(uri!("/"));
///         request.headers_mut().insert(name!("x-legacy"), value!("1"));
///     }
///     Ok(None)
/// }
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # let outcome = testing::run::<legacy>(&Scenario::get("/index.php?a=b"));
/// # assert_eq!((&*outcome.upstream().uri, outcome.upstream_header("x-legacy")), ("/", Some("1")));
/// # assert_eq!(testing::run::<legacy>(&Scenario::get("/a?b")).upstream().uri, "/a?b");
/// # assert_eq!(testing::run::<legacy>(&Scenario::post("/")).status(), 405);
/// ```
#[derive(Debug)]
pub struct Request<B: Buffering = Unbuffered> {
    body: Reader,
    _buffering: PhantomData<B>,
}

impl<B: Buffering> Request<B> {
    #[inline]
    pub(crate) const fn current(body: Reader) -> Self {
        Self { body, _buffering: PhantomData }
    }

    /// Lends the request to a handler that declares other buffering.
    #[inline]
    pub(crate) fn lend<C: Buffering, R>(&mut self, take: impl FnOnce(&mut Request<C>) -> R) -> R {
        let body = core::mem::replace(&mut self.body, Reader::of_request(false));
        let mut lent = Request { body, _buffering: PhantomData };
        let result = take(&mut lent);
        self.body = lent.body;
        result
    }

    /// Whether the body was consumed in part, which is lost to the next handler.
    #[inline]
    pub(crate) const fn lacks_body(&self) -> bool {
        self.body.has_consumed()
    }

    /// The method, such as `GET`. ABI: `get_method`.
    ///
    /// # Errors
    /// Where it does not fit into `buffer`.
    #[inline]
    pub fn method<'b>(
        &self,
        buffer: &'b mut (impl ReadBuffer + ?Sized),
    ) -> Result<Method<'b>, BufferTooSmall> {
        backend::method(buffer.lend(SealedToken)).map(|bytes| Method::from_host(bytes))
    }

    /// Replaces the method. ABI: `set_method`; hosts trap on an empty one, which no [`Method`] is.
    #[inline]
    pub fn set_method(&mut self, method: Method<'_>) {
        backend::set_method(method.as_bytes());
    }

    /// Path and query, percent-encoded; `/` where the request has none. ABI: `get_uri`.
    ///
    /// # Errors
    /// Where they do not fit into `buffer`.
    #[inline]
    pub fn uri<'b>(
        &self,
        buffer: &'b mut (impl ReadBuffer + ?Sized),
    ) -> Result<RequestUri<'b>, BufferTooSmall> {
        backend::uri(buffer.lend(SealedToken)).map(RequestUri::from_host)
    }

    /// Replaces path and query together: a URI without a query removes the query. ABI: `set_uri`;
    /// hosts trap on what they cannot parse, which no [`Uri`] is.
    #[inline]
    pub fn set_uri<'u>(&mut self, uri: impl Into<Uri<'u>>) {
        backend::set_uri(uri.into().as_bytes());
    }

    /// The protocol version, such as `HTTP/1.1` or `HTTP/2.0`. ABI: `get_protocol_version`.
    ///
    /// # Errors
    /// Where it does not fit into `buffer`.
    #[inline]
    pub fn version<'b>(
        &self,
        buffer: &'b mut (impl ReadBuffer + ?Sized),
    ) -> Result<Version<'b>, BufferTooSmall> {
        backend::protocol_version(buffer.lend(SealedToken)).map(|bytes| Version::from_host(bytes))
    }

    /// Address and port of the client as the host writes them, such as `1.2.3.4:5678` or
    /// `[::1]:5678`. ABI: `get_source_addr`.
    ///
    /// This is the peer of the connection: behind another proxy, that proxy.
    ///
    /// Hosts from before October 2023, and the Express host, lack the function: a guest that calls
    /// it does not load there.
    ///
    /// # Errors
    /// Where it does not fit into `buffer`.
    #[inline]
    pub fn source_addr<'b>(
        &self,
        buffer: &'b mut (impl ReadBuffer + ?Sized),
    ) -> Result<&'b [u8], BufferTooSmall> {
        backend::source_addr(buffer.lend(SealedToken)).map(|bytes| &*bytes)
    }

    /// Address and port of the client, parsed; see [`source_addr`](Self::source_addr), which costs a
    /// guest less.
    ///
    /// # Errors
    /// Where the host gives anything else: no port, the path of a socket, nothing at all, or an IPv6
    /// address whose zone is a name.
    pub fn source(&self) -> Result<SocketAddr, InvalidSourceAddr> {
        // The longest address: IPv6 that ends in IPv4, with zone and port.
        let mut buffer = Buffer::<64>::new();
        self.source_addr(&mut buffer)
            .ok()
            .and_then(|bytes| core::str::from_utf8(bytes).ok())
            .and_then(|text| text.parse().ok())
            .ok_or(InvalidSourceAddr(()))
    }

    /// The headers. ABI: what [`Headers`] says.
    #[inline]
    #[must_use]
    pub const fn headers(&self) -> Headers<'_> {
        Headers::of(Section::RequestHeaders)
    }

    /// Changes the headers. Hosts trap on a change after the next handler, where there is no
    /// `&mut Request`.
    #[inline]
    pub const fn headers_mut(&mut self) -> HeadersMut<'_> {
        HeadersMut::of(Section::RequestHeaders)
    }

    /// The body, which can be replaced, and where it is buffered also read.
    #[inline]
    pub const fn body_mut(&mut self) -> RequestBody<'_, B> {
        RequestBody::of(&mut self.body)
    }
}
