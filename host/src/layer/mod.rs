//! A guest as a [`tower_layer::Layer`]: around any service of HTTP requests and responses.
//!
//! For each request the layer pins an instance of a [`Pool`], runs `handle_request` on the model,
//! calls the inner service, runs `handle_response`, and gives the instance back before the
//! response's head leaves. [`Event`]s tell what a guest logged and what went wrong; the client is
//! told nothing of it.
//!
//! A body is held in memory only where the guest can have to do with it, up to [`Limits`]:
//! requests where the guest imports `read_body`, `write_body` or `enable_features`; responses where
//! it has enabled buffering or trailers for this exchange, or has itself written something before
//! the inner service. All other bodies pass as they come.
//!
//! # Where guests run
//!
//! A call into a guest does not yield. Where [`Options::time_limit`](crate::engine::Options) keeps
//! it below [`SHORT`], it runs on the thread of the async runtime; otherwise the layer moves it to
//! tokio's threads for blocking work (`spawn_blocking`), because a guest that computes for seconds
//! must not stop other connections. `block_in_place` would save the way back, but panics on a
//! runtime of one thread.
//!
//! # When the request is given up
//!
//! Dropping the future (the client went away) gives the instance back, unless its response hook is
//! owed: then nobody knows what its memory holds, and it is discarded. A hook that runs is not
//! interrupted, it ends by itself or by its limits.

mod body;
mod convert;
mod event;
mod play;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_wasm_abi::Function;
use tower_layer::Layer;
use tower_service::Service;

use crate::engine::Pool;

pub use body::{Body, BoxError};
pub use event::{Error, Event};

/// A guest with a time limit up to this runs on the threads of the async runtime.
pub const SHORT: Duration = Duration::from_millis(10);

/// The client's address, as an extension of a request: what `get_source_addr` reads. Without it
/// that reads an empty text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddr(pub SocketAddr);

/// How much of a body is held in memory, where a guest makes that necessary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of a request's body; the client of a longer one gets 413. 4 MiB unless
    /// changed.
    pub request_body: usize,
    /// The most bytes of a response's body; instead of a longer one the guest sees, and the client
    /// gets, a 502. 4 MiB unless changed.
    pub response_body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { request_body: 4 << 20, response_body: 4 << 20 }
    }
}

type Observer = dyn Fn(Event<'_>) + Send + Sync;

/// What all requests through a layer share.
#[derive(Clone)]
struct Shared {
    pool: Arc<Pool>,
    limits: Limits,
    observer: Option<Arc<Observer>>,
    collects_requests: bool,
}

/// Puts a guest around services.
#[derive(Clone)]
pub struct GuestLayer {
    shared: Arc<Shared>,
}

impl GuestLayer {
    /// A layer that runs the instances of `pool`.
    ///
    /// Outside of tests the pool's settings should not record host calls
    /// ([`Settings::record_calls`](crate::exchange::Settings)); nobody sees them here.
    #[must_use]
    pub fn new(pool: Arc<Pool>) -> Self {
        let reasons = [Function::ReadBody, Function::WriteBody, Function::EnableFeatures];
        let collects_requests = reasons.into_iter().any(|function| pool.module().imports(function));
        let limits = Limits::default();
        Self { shared: Arc::new(Shared { pool, limits, observer: None, collects_requests }) }
    }

    /// Sets how much of bodies is held in memory.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        Arc::make_mut(&mut self.shared).limits = limits;
        self
    }

    /// Sets who is told of logs and faults. It is called between the steps of a request, so it
    /// should be quick.
    #[must_use]
    pub fn observe(mut self, observer: impl Fn(Event<'_>) + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.shared).observer = Some(Arc::new(observer));
        self
    }
}

impl fmt::Debug for GuestLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuestLayer")
            .field("limits", &self.shared.limits)
            .field("collects_requests", &self.shared.collects_requests)
            .finish_non_exhaustive()
    }
}

impl<S> Layer<S> for GuestLayer {
    type Service = GuestService<S>;

    fn layer(&self, inner: S) -> GuestService<S> {
        GuestService { shared: Arc::clone(&self.shared), inner }
    }
}

/// A service with a guest around it; made by [`GuestLayer`].
#[derive(Clone)]
pub struct GuestService<S> {
    shared: Arc<Shared>,
    inner: S,
}

impl<S: fmt::Debug> fmt::Debug for GuestService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuestService").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, B, R> Service<Request<B>> for GuestService<S>
where
    S: Service<Request<Body>, Response = Response<R>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
    R: http_body::Body<Data = Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(context).map_err(|error| Error::NotReady(error.into()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that said that it is ready is the one to call.
        let next = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, next);
        Box::pin(play::play(Arc::clone(&self.shared), inner, request.map(Body::stream)))
    }
}

impl Shared {
    fn tell(&self, event: Event<'_>) {
        if let Some(observer) = &self.observer {
            observer(event);
        }
    }
}
