//! Bodies on their way through the server: none may stall, whoever breaks one off gets the blame, and a
//! response that breaks off looks so to the client.

use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::StatusCode;
use http_wasm_host::layer::{Body, BoxError};
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::messages::without_false_trailers;

type Polled<E> = Poll<Option<Result<Frame<Bytes>, E>>>;

/// Nothing came of a body for too long.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("nothing came of the body for too long ({0})")]
pub(super) struct Stalled(&'static str);

/// A body as it comes, of which something has to come within a time. Trailers that are none are left out.
#[derive(Debug)]
pub(super) struct TimedBody<B> {
    inner: B,
    timeout: Duration,
    /// Sets the time.
    option: &'static str,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<B> TimedBody<B> {
    pub(super) const fn new(inner: B, timeout: Duration, option: &'static str) -> Self {
        Self { inner, timeout, option, waiting: None }
    }
}

impl<B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Unpin> HttpBody for TimedBody<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled<BoxError> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) {
            self.waiting = None;
            let frame = frame.map(|frame| frame.map(without_false_trailers).map_err(Into::into));
            return Poll::Ready(frame);
        }
        let Self { option, timeout, .. } = *self;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        ready!(waiting.as_mut().poll(context));
        Poll::Ready(Some(Err(Stalled(option).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// How far the body of a client's request is.
#[derive(Debug, Default)]
pub(super) struct Arrival(AtomicU8);

const ARRIVING: u8 = 0;
const ENDED: u8 = 1;
const DROPPED: u8 = 2;

impl Arrival {
    /// Whether it was dropped before its end: the client may still be sending it.
    pub(super) fn is_unread(&self) -> bool {
        self.0.load(Ordering::Relaxed) == DROPPED
    }
}

/// The body of a client's request, which notes how far it is.
#[derive(Debug)]
pub(super) struct ArrivingBody<B: HttpBody> {
    inner: B,
    arrival: Arc<Arrival>,
}

impl<B: HttpBody> ArrivingBody<B> {
    pub(super) const fn new(inner: B, arrival: Arc<Arrival>) -> Self {
        Self { inner, arrival }
    }
}

impl<B: HttpBody<Data = Bytes> + Unpin> HttpBody for ArrivingBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled<B::Error> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        if frame.as_ref().is_none_or(|frame| frame.as_ref().is_ok_and(Frame::is_trailers)) {
            self.arrival.0.store(ENDED, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B: HttpBody> Drop for ArrivingBody<B> {
    fn drop(&mut self) {
        let is_ended = self.inner.is_end_stream();
        let now = if is_ended { ENDED } else { DROPPED };
        let _ =
            self.arrival.0.compare_exchange(ARRIVING, now, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// What the sender of a request's body has done wrong, and since when the upstream is to act.
#[derive(Debug)]
pub(super) struct Sending {
    fault: OnceLock<(StatusCode, String)>,
    /// Since when there is nothing to wait for but the upstream.
    since: Mutex<Option<Instant>>,
}

impl Sending {
    /// The response to a client whose request's body did not come, and why not.
    pub(super) fn fault(&self) -> Option<&(StatusCode, String)> {
        self.fault.get()
    }

    /// Notes that a request is about to be sent.
    pub(super) fn begin(&self) {
        self.set_since(Some(Instant::now()));
    }

    fn set_since(&self, since: Option<Instant>) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    /// Waits until the upstream has not acted for this long.
    pub(super) async fn timed_out(&self, timeout: Duration) {
        loop {
            let since = *self.since.lock().unwrap_or_else(PoisonError::into_inner);
            let end = since.unwrap_or_else(Instant::now) + timeout;
            if since.is_some() && end <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(end).await;
        }
    }
}

/// A request's body on its way to the upstream.
pub(super) struct SentBody {
    inner: Body,
    sending: Arc<Sending>,
}

impl SentBody {
    pub(super) fn new(inner: Body) -> (Self, Arc<Sending>) {
        let sending = Arc::new(Sending { fault: OnceLock::new(), since: Mutex::default() });
        (Self { inner, sending: Arc::clone(&sending) }, sending)
    }

    /// No body.
    pub(super) fn empty() -> Self {
        Self::new(Body::empty()).0
    }
}

impl HttpBody for SentBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled<BoxError> {
        let frame = Pin::new(&mut self.inner).poll_frame(context);
        self.sending.set_since(frame.is_ready().then(Instant::now));
        let frame = ready!(frame);
        if let Some(Err(error)) = &frame {
            let status = match error.downcast_ref::<Stalled>() {
                Some(_) => StatusCode::REQUEST_TIMEOUT,
                None => StatusCode::BAD_REQUEST,
            };
            let _ = self.sending.fault.set((status, error.to_string()));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A body of which the first frame is there.
pub(super) struct Begun<B> {
    first: Option<Frame<Bytes>>,
    inner: B,
    has_trailers: bool,
}

impl<B: HttpBody<Data = Bytes> + Unpin> Begun<B> {
    /// Waits for the first frame of a body, but not for longer than this. Where trailers are announced
    /// it does not tell its length: over HTTP/1.1 they only follow a body without one.
    ///
    /// # Errors
    /// When there is none because the body is broken.
    pub(super) async fn new(
        mut inner: B,
        has_trailers: bool,
        wait: Duration,
    ) -> Result<Self, B::Error> {
        if inner.is_end_stream() {
            return Ok(Self { first: None, inner, has_trailers });
        }
        let frame = std::future::poll_fn(|context| Pin::new(&mut inner).poll_frame(context));
        let first = match tokio::time::timeout(wait, frame).await {
            Ok(frame) => frame.transpose()?,
            Err(_) => None,
        };
        Ok(Self { first, inner, has_trailers })
    }
}

impl<B: HttpBody<Data = Bytes> + Unpin> HttpBody for Begun<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled<B::Error> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        Pin::new(&mut self.inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.has_trailers {
            return SizeHint::default();
        }
        let mut hint = self.inner.size_hint();
        let first = self.first.as_ref().and_then(Frame::data_ref).map_or(0, Bytes::len) as u64;
        let (lower, upper) = (hint.lower() + first, hint.upper().map(|upper| upper + first));
        hint = SizeHint::new();
        // In this order: the upper bound may not be below the lower one.
        if let Some(upper) = upper {
            hint.set_upper(upper);
        }
        hint.set_lower(lower);
        hint
    }
}

/// A response's body on its way to the client.
///
/// What has come before an error is sent before the connection breaks: the HTTP library drops what it
/// has not written by then.
pub(super) struct ClientBody<G> {
    inner: Body,
    failed: Option<BoxError>,
    on_cut: Box<dyn Fn() + Send>,
    /// Dropped when the response is at its end.
    _guard: G,
}

impl<G> ClientBody<G> {
    pub(super) fn new(inner: Body, guard: G, on_cut: impl Fn() + Send + 'static) -> Self {
        Self { inner, failed: None, on_cut: Box::new(on_cut), _guard: guard }
    }
}

impl<G: Unpin> HttpBody for ClientBody<G> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled<BoxError> {
        if let Some(error) = self.failed.take() {
            (self.on_cut)();
            return Poll::Ready(Some(Err(error)));
        }
        match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
            Some(Err(error)) => {
                self.failed = Some(error);
                // The library flushes while it has to wait.
                context.waker().wake_by_ref();
                Poll::Pending
            }
            frame => Poll::Ready(frame),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.failed.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
