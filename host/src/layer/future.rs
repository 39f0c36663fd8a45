//! The response to come.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Response;
use pin_project_lite::pin_project;
use tracing::Span;

use super::Error;
use super::body::{Body, BoxError};
use super::quick::Head;

pin_project! {
    /// The response of a [`GuestService`](super::GuestService), whose inner service answers with the
    /// future `F`.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateNow]
    enum State<F> {
        /// It is there. What was not read of the request's body is let go when somebody asks for that:
        /// a server closes a connection whose request is dropped before it has looked for more.
        Ended { result: Option<Result<Response<Body>, Error>>, unread: Body },
        /// The guest is done, and the inner service is not.
        Passes { #[pin] next: F, head: Head, span: Option<Box<Span>> },
        /// The guest is not done.
        Waits { future: Pin<Box<dyn Future<Output = Result<Response<Body>, Error>> + Send>> },
    }
}

impl<F> ResponseFuture<F> {
    #[inline(always)]
    pub(super) const fn ended(result: Result<Response<Body>, Error>, unread: Body) -> Self {
        Self { state: State::Ended { result: Some(result), unread } }
    }

    #[inline(always)]
    pub(super) fn passes(next: F, head: Head, span: Span) -> Self {
        // Large, and rarely there.
        let span = (!span.is_disabled()).then(|| Box::new(span));
        Self { state: State::Passes { next, head, span } }
    }

    pub(super) fn waits(
        future: impl Future<Output = Result<Response<Body>, Error>> + Send + 'static,
    ) -> Self {
        Self { state: State::Waits { future: Box::pin(future) } }
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    E: Into<BoxError>,
    R: http_body::Body<Data = Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
{
    type Output = Result<Response<Body>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateNow::Ended { result, unread } => {
                drop(std::mem::take(unread));
                match result.take() {
                    Some(result) => Poll::Ready(result),
                    None => panic!("polled after it was done"),
                }
            }
            StateNow::Passes { next, head, span } => {
                let _entered = span.as_ref().map(|span| span.enter());
                let answer = ready!(next.poll(context));
                Poll::Ready(head.end(answer))
            }
            StateNow::Waits { future } => future.as_mut().poll(context),
        }
    }
}

impl<F> std::fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
