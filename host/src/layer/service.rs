//! The service with a guest around it.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use tower_service::Service;
use tracing::Instrument as _;

use super::answer::Answer;
use super::exchange;
use super::task::{Step, Wait};
use super::{Body, BoxError, Error, Handle, ResponseFuture};

/// A service with a guest around it; made by [`GuestLayer`](super::GuestLayer).
#[derive(Clone)]
pub struct GuestService<S> {
    pub(super) handle: Arc<Handle>,
    pub(super) inner: S,
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
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(context).map_err(|error| Error::NotReady(error.into()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut request = request.map(Body::stream);
        let span =
            tracing::info_span!("exchange", method = %request.method(), uri = %request.uri());
        let step = span.in_scope(|| exchange::begin(&self.handle.shared, &mut request));
        match step {
            Step::Respond(response, unread) => ResponseFuture::ready(response, unread),
            Step::Forward(pending) => match super::catch(|| self.inner.call(request)) {
                Ok(next) => ResponseFuture::forwarded(next, pending, span),
                Err(panic) => {
                    let responded = span.in_scope(|| pending.respond(Answer::Panicked(panic)));
                    ResponseFuture::responded(responded)
                }
            },
            Step::Wait(Wait::ResponseHook(responding, unread)) => {
                drop(unread);
                ResponseFuture::waiting(responding.run().instrument(span))
            }
            Step::Wait(wait) => {
                let shared = Arc::clone(&self.handle.shared);
                let running = exchange::run(wait, shared, self.take_inner(), request);
                ResponseFuture::waiting(running.instrument(span))
            }
        }
    }
}

impl<S: Clone> GuestService<S> {
    /// The inner service that has said that it is ready, to be called later.
    fn take_inner(&mut self) -> S {
        let next = self.inner.clone();
        std::mem::replace(&mut self.inner, next)
    }
}
