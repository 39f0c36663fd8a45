//! The response to come.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use pin_project_lite::pin_project;
use tracing::{Instrument as _, Span};

use super::Error;
use super::answer::Answer;
use super::body::{Body, BoxError};
use super::respond::Responded;
use super::task::Pending;

pin_project! {
    /// The response of a [`GuestService`](super::GuestService), whose inner service answers with the
    /// future `F`.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        state: State<F>,
    }
}

type Waiting = Pin<Box<dyn Future<Output = Result<Response<Body>, Error>> + Send>>;

pin_project! {
    #[project = StateProjection]
    enum State<F> {
        /// It is there; see [`Step::Respond`](super::task::Step::Respond).
        Ready { response: Option<Result<Response<Body>, Error>>, unread: Body },
        /// The inner service works on it.
        Forwarded { #[pin] next: F, pending: Option<Pending>, span: Option<Box<Span>> },
        /// The guest works on it, or an instance is waited for.
        Waiting { future: Waiting },
    }
}

impl<F> ResponseFuture<F> {
    #[inline(always)]
    pub(super) const fn ready(response: Result<Response<Body>, Error>, unread: Body) -> Self {
        Self { state: State::Ready { response: Some(response), unread } }
    }

    #[inline(always)]
    pub(super) fn forwarded(next: F, pending: Pending, span: Span) -> Self {
        // Large, and rarely there.
        let span = (!span.is_disabled()).then(|| Box::new(span));
        Self { state: State::Forwarded { next, pending: Some(pending), span } }
    }

    pub(super) fn responded(responded: Responded) -> Self {
        match responded {
            Responded::Ready(response) => Self::ready(response, Body::empty()),
            Responded::Wait(responding) => Self::waiting(responding.run()),
        }
    }

    pub(super) fn waiting(
        future: impl Future<Output = Result<Response<Body>, Error>> + Send + 'static,
    ) -> Self {
        Self { state: State::Waiting { future: Box::pin(future) } }
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

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let future = match self.as_mut().project().state.project() {
            StateProjection::Ready { response, unread } => {
                drop(std::mem::take(unread));
                return match response.take() {
                    Some(response) => Poll::Ready(response),
                    None => panic!("polled after it was done"),
                };
            }
            StateProjection::Forwarded { next, pending, span } => {
                let entered = span.as_ref().map(|span| span.enter());
                let answer = match super::catch(|| next.poll(context)) {
                    Ok(Poll::Pending) => return Poll::Pending,
                    Ok(Poll::Ready(answer)) => Answer::from(answer),
                    Err(panic) => Answer::Panicked(panic),
                };
                let Some(pending) = pending.take() else { panic!("polled after it was done") };
                let responded = pending.respond(answer);
                drop(entered);
                match responded {
                    Responded::Ready(response) => return Poll::Ready(response),
                    Responded::Wait(responding) => match span.take() {
                        Some(span) => Box::pin(responding.run().instrument(*span)) as Waiting,
                        None => Box::pin(responding.run()),
                    },
                }
            }
            StateProjection::Waiting { future } => return future.as_mut().poll(context),
        };
        self.as_mut().project().state.set(State::Waiting { future });
        self.poll(context)
    }
}

impl<F> std::fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
