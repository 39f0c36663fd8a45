//! Bodies that are still to come: in pieces that somebody counts or sends, without an end, or with
//! another end than they should have.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::Frame;
use tokio::sync::mpsc;

use super::super::{Body, BoxError};

/// What a body gives when it is asked for its next piece.
type Next = Poll<Option<Result<Bytes, BoxError>>>;

/// A body of what a function gives.
struct Arriving<F>(F);

impl<F: FnMut(&mut Context<'_>) -> Next + Unpin> http_body::Body for Arriving<F> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        (self.0)(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

/// A body of what `next` gives each time that it is asked.
pub(super) fn arriving(
    next: impl FnMut(&mut Context<'_>) -> Next + Send + Unpin + 'static,
) -> Body {
    Body::stream(Arriving(next))
}

/// What comes after the last piece.
#[derive(Clone, Copy)]
pub(super) enum Then {
    Ends,
    BreaksOff(&'static str),
    /// Nothing comes any more, the end neither.
    Hangs,
}

/// A body of `count` pieces of `len` bytes, and how many of them were asked for.
pub(super) fn pieces(count: usize, len: usize) -> (Body, Arc<AtomicUsize>) {
    pieces_then(count, len, Then::Ends)
}

/// The same with an end of this kind.
pub(super) fn pieces_then(count: usize, len: usize, then: Then) -> (Body, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let piece = Bytes::from(vec![b'a'; len]);
    let mut left = count;
    let body = arriving(move |_| {
        if left > 0 {
            left -= 1;
            counter.fetch_add(1, Ordering::Relaxed);
            return Poll::Ready(Some(Ok(piece.clone())));
        }
        match then {
            Then::Ends => Poll::Ready(None),
            Then::BreaksOff(why) => Poll::Ready(Some(Err(why.into()))),
            Then::Hangs => Poll::Pending,
        }
    });
    (body, asked)
}

/// A body that is sent piece by piece, and ends when the sender is dropped.
pub(super) fn channel() -> (mpsc::Sender<Bytes>, Body) {
    let (send, mut receive) = mpsc::channel(1);
    (send, arriving(move |context| receive.poll_recv(context).map(|piece| piece.map(Ok))))
}
