//! A body that is sent exactly as described: with its length or in chunks, with or without trailers.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::{CONTENT_LENGTH, TRAILER, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue};
use hyper::body::{Body, Bytes, Frame, SizeHint};

/// A body to send, with or without a known length.
pub(super) struct Outgoing {
    frames: VecDeque<Frame<Bytes>>,
    /// The length for the HTTP library. With `None` it sends chunks, or trusts a `content-length`
    /// header, so that a wrong one can be sent.
    length: Option<u64>,
    /// Whether the last frame has been flushed.
    flushed: bool,
}

impl Outgoing {
    /// The body that belongs to these headers. Announces trailers in them, since the HTTP library
    /// sends only announced ones.
    pub(super) fn new(
        headers: &mut HeaderMap,
        body: &[u8],
        trailers: &HeaderMap,
        chunked: bool,
    ) -> Self {
        let mut frames = VecDeque::new();
        if !body.is_empty() {
            // At least two chunks, so that a host cannot take one for the whole body.
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
            // Explicit, because the HTTP library assumes that a GET has no body.
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
        // Each part is flushed before the next one. So parts arrive as parts, and a body that ends
        // too early is still sent up to its end; the library drops what it buffers when it notices.
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
