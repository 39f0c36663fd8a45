//! Trailers, where the handler declares them and the host has them.

use core::marker::PhantomData;

use crate::backend::Section;
use crate::buffering::{Buffered, Buffering};
use crate::headers::{Headers, HeadersMut};

/// The phase of the request hook, before the next handler.
#[derive(Debug)]
pub enum BeforeNext {}

/// The trailers of request and response.
///
/// A handler that declares `#[handler(trailers)]` takes `Option<Trailers<'_>>` as the last parameter
/// of its request hook, and `Option<Trailers<'_, Unbuffered>>`, or what else it declares about
/// buffering, as the last of its response hook. `None` means that the host has no trailers.
///
/// ```
/// use http_wasm_sdk::prelude::*;
/// use http_wasm_sdk::Trailers;
///
/// #[handler(trailers)]
/// fn timed(_request: &mut Request, mut reply: Reply<'_>, trailers: Option<Trailers<'_>>) {
///     match trailers {
///         Some(mut trailers) => trailers.response_mut().insert(name!("x-cost"), value!("7")),
///         // Without trailers, a header.
///         None => reply.headers_mut().insert(name!("x-cost"), value!("7")),
///     }
/// }
/// # use http_wasm_sdk::testing::{self, Profile, Scenario};
/// # let outcome = testing::run::<timed>(&Scenario::get("/").profile(Profile::Go));
/// # assert_eq!(outcome.response().trailers.first("x-cost"), Some(&b"7"[..]));
/// ```
///
/// The official Go host, and so Traefik and Dapr, keeps one map for both sides, so that a trailer of the
/// response shows among those of the request; does not show the trailers that a client or upstream
/// sent; and treats `append` as `insert`. Where the next handler sends a trailer that was set before it,
/// the client gets both values.
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
        Headers::of(Section::RequestTrailers)
    }

    /// The trailers of the response.
    #[inline]
    #[must_use]
    pub const fn response(&self) -> Headers<'_> {
        Headers::of(Section::ResponseTrailers)
    }
}

/// A phase in which the trailers of the request can be changed: before the next handler.
#[diagnostic::on_unimplemented(
    message = "the trailers of the request can be changed in the request hook only",
    label = "after the next handler",
    note = "hosts trap on a change of the request after the next handler"
)]
pub trait RequestTrailersMut {}

impl RequestTrailersMut for BeforeNext {}

impl Trailers<'_> {
    /// Lends the trailers to another handler of a chain.
    #[inline]
    pub(crate) const fn reborrow(&mut self) -> Trailers<'_> {
        Trailers::current()
    }
}

impl<P> Trailers<'_, P> {
    /// Changes the trailers of the request.
    #[inline]
    pub const fn request_mut(&mut self) -> HeadersMut<'_>
    where
        P: RequestTrailersMut,
    {
        HeadersMut::of(Section::RequestTrailers)
    }

    /// Changes the trailers of the response.
    #[inline]
    pub const fn response_mut(&mut self) -> HeadersMut<'_>
    where
        P: ResponseTrailersMut,
    {
        HeadersMut::of(Section::ResponseTrailers)
    }
}

/// A phase in which the trailers of the response can be changed: before the next handler, and after it
/// where the response is buffered.
#[diagnostic::on_unimplemented(
    message = "the trailers of this response can no longer be changed",
    label = "not buffered by the host",
    note = "hosts trap on it: declare #[handler(buffer_response, trailers)]"
)]
pub trait ResponseTrailersMut {}

impl ResponseTrailersMut for BeforeNext {}
impl ResponseTrailersMut for Buffered {}

impl<'a, B: Buffering> Trailers<'a, B> {
    /// Lends the trailers to a handler that declares other buffering.
    #[inline]
    pub(crate) const fn for_handler<C: Buffering>(&self) -> Trailers<'_, C> {
        Trailers::current()
    }
}
