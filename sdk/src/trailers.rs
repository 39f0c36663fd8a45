//! Trailers, where the handler declares them and the host has them.

use core::marker::PhantomData;

use crate::backend::Section;
use crate::buffering::{Buffered, Buffering};
use crate::headers::{Headers, HeadersMut};

/// Where a handler stands: in its request hook, before the next handler.
#[derive(Debug)]
pub enum BeforeNext {}

/// The trailers of request and response.
///
/// A handler that declares `#[handler(trailers)]` takes `Option<Trailers<'_>>` as the last parameter
/// of its request hook, and `Option<Trailers<'_, Unbuffered>>`, or what else it declares about
/// buffering, as the last of its response hook. `None` says that the host has no trailers.
///
/// ```
/// use http_wasm_sdk::prelude::*;
/// use http_wasm_sdk::Trailers;
///
/// #[handler(trailers)]
/// fn timed(_request: &mut Request, mut reply: Reply<'_>, trailers: Option<Trailers<'_>>) {
///     match trailers {
///         Some(mut trailers) => trailers.response_mut().insert(name!("x-cost"), value!("7")),
///         // This host has none: a header has to do.
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

/// Before the next handler, where the request can be changed.
#[diagnostic::on_unimplemented(
    message = "the trailers of the request can be changed in the request hook only",
    label = "after the next handler",
    note = "hosts trap on a change of the request after the next handler"
)]
pub trait RequestTrailersMut {}

impl RequestTrailersMut for BeforeNext {}

impl Trailers<'_> {
    /// The same for another handler of a chain, before this one is used.
    #[inline]
    pub(crate) const fn reborrow(&mut self) -> Trailers<'_> {
        Trailers::current()
    }
}

impl<P> Trailers<'_, P> {
    /// The trailers of the request, to be changed.
    #[inline]
    pub const fn request_mut(&mut self) -> HeadersMut<'_>
    where
        P: RequestTrailersMut,
    {
        HeadersMut::of(Section::RequestTrailers)
    }

    /// The trailers of the response, to be changed.
    #[inline]
    pub const fn response_mut(&mut self) -> HeadersMut<'_>
    where
        P: ResponseTrailersMut,
    {
        HeadersMut::of(Section::ResponseTrailers)
    }
}

/// Where the trailers of the response can be changed: before the next handler, and after it where
/// the response is buffered.
#[diagnostic::on_unimplemented(
    message = "the trailers of this response cannot be changed any more",
    label = "not buffered by the host",
    note = "hosts trap on it: declare #[handler(buffer_response, trailers)]"
)]
pub trait ResponseTrailersMut {}

impl ResponseTrailersMut for BeforeNext {}
impl ResponseTrailersMut for Buffered {}

impl<'a, B: Buffering> Trailers<'a, B> {
    /// The same trailers for a handler that declares something else about buffering.
    #[inline]
    pub(crate) const fn for_handler<C: Buffering>(&self) -> Trailers<'_, C> {
        Trailers::current()
    }
}
