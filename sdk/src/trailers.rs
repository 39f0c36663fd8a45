//! Trailers, where the handler declares them and the host has them.

use core::marker::PhantomData;

use http_wasm_abi::HeaderKind;

use crate::headers::{Headers, HeadersMut};
use crate::response::{Buffered, Buffering};

/// Where a handler stands: in its request hook, before the next handler.
#[derive(Debug)]
pub enum BeforeNext {}

/// The trailers of request and response.
///
/// A handler that declares `#[handler(trailers)]` takes `Option<Trailers<'_>>` as the last parameter
/// of its request hook, and `Option<Trailers<'_, Unbuffered>>`, or what else it declares about
/// buffering, as the last of its response hook. `None` says that the host has no trailers.
///
/// The official Go host, and so Traefik and Dapr, keeps one map for both sides, does not show the
/// trailers that a client or upstream sent, and treats `append` as `insert`.
#[derive(Debug)]
pub struct Trailers<'a, P = BeforeNext>(PhantomData<(&'a mut (), P)>);

impl<P> Trailers<'_, P> {
    #[inline]
    pub(crate) const fn current() -> Self {
        Self(PhantomData)
    }

    /// The trailers of the request.
    #[inline]
    #[must_use]
    pub const fn request(&self) -> Headers<'_> {
        Headers::of(HeaderKind::RequestTrailers)
    }

    /// The trailers of the response.
    #[inline]
    #[must_use]
    pub const fn response(&self) -> Headers<'_> {
        Headers::of(HeaderKind::ResponseTrailers)
    }
}

impl Trailers<'_> {
    /// The same for another handler of a chain, before this one is used.
    #[inline]
    pub(crate) const fn again(&mut self) -> Trailers<'_> {
        Trailers::current()
    }

    /// The trailers of the request, to be changed.
    #[inline]
    pub const fn request_mut(&mut self) -> HeadersMut<'_> {
        HeadersMut::of(HeaderKind::RequestTrailers)
    }
}

/// Where the trailers of the response can be changed: before the next handler, and after it where
/// the response is buffered.
pub trait ResponseTrailersMut {}

impl ResponseTrailersMut for BeforeNext {}
impl ResponseTrailersMut for Buffered {}

impl<P: ResponseTrailersMut> Trailers<'_, P> {
    /// The trailers of the response, to be changed.
    #[inline]
    pub const fn response_mut(&mut self) -> HeadersMut<'_> {
        HeadersMut::of(HeaderKind::ResponseTrailers)
    }
}

impl<'a, B: Buffering> Trailers<'a, B> {
    /// The same trailers for a handler that declares something else about buffering.
    #[inline]
    pub(crate) const fn for_handler<C: Buffering>(&self) -> Trailers<'_, C> {
        Trailers::current()
    }
}
