//! A body that leaves exactly as it was recorded: with its length or in chunks, with trailers.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::{CONTENT_LENGTH, TRAILER, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue};
use hyper::body::{Body, Bytes, Frame, SizeHint};

/// A body with or without a known length.
pub(super) struct Outgoing {
    frames: VecDeque<Frame<Bytes>>,
    /// What the HTTP library is told; `None` makes it send chunks, or believe a `content-length`
    /// that stands among the headers, which is how a wrong one can be sent at all.
    length: Option<u64>,
    /// Whether what was handed over last has been given time to leave.
    flushed: bool,
}

impl Outgoing {
    /// The body that belongs to these headers. Announces trailers in them, because the HTTP
    /// library sends only those that are announced.
    pub(super) fn new(
        headers: &mut HeaderMap,
        body: &[u8],
        trailers: &HeaderMap,
        chunked: bool,
    ) -> Self {
        let mut frames = VecDeque::new();
        if !body.is_empty() {
            // Two chunks at least, so that nobody on the way can take one for the whole.
            let middle = if chunked { body.len().div_ceil(2) } else { body.len() };
            for part in body.chunks(middle) {
                frames.push_back(Frame::data(Bytes::copy_from_slice(part)));
            }
        }
        if !trailers.is_empty() {
            headers.remove(CONTENT_LENGTH);
            if !headers.contains_key(TRAILER) {
                for name in trailers.keys() {
                    headers.append(TRAILER, HeaderValue::from_name(name.clone()));
                }
            }
            frames.push_back(Frame::trailers(trailers.clone()));
        }
        let chunked = chunked || !trailers.is_empty();
        if chunked {
            // Said outright, because the HTTP library believes that a GET has no body.
            headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
        let known = !chunked && !headers.contains_key(CONTENT_LENGTH);
        Self { frames, length: known.then_some(body.len() as u64), flushed: true }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        // Each part is flushed before the next one, so that parts are seen as parts, and so that a
        // body that ends too early still leaves as far as it goes: the library drops what it holds
        // when it notices.
        self.flushed = !self.flushed;
        if self.flushed {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.frames.pop_front().map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.length.is_some() && self.frames.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
