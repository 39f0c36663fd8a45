//! A body on its way: bytes that are there, a stream that is still coming, or both.

use std::any::Any;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;

/// Any error of a body or a service.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The trailers of a body that has gone on, once they have gone by.
pub(super) type TrailerNote = Arc<OnceLock<HeaderMap>>;

/// The body of requests and responses that have been through a guest.
#[derive(Debug, Default)]
pub struct Body {
    first: Option<Bytes>,
    stream: Option<UnsyncBoxBody<Bytes, BoxError>>,
    trailers: Option<Box<HeaderMap>>,
    /// Where the trailers are noted as they go by, for a guest that asks later.
    note: Option<TrailerNote>,
    /// Of the stream only the trailers are wanted.
    is_replaced: bool,
    /// Its length is not to be told here: it came without one, or a `content-length` among the
    /// headers tells it, and servers that compare the two stumble over the answer to HEAD.
    hides_length: bool,
}

impl Body {
    /// No body.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// A body that is all there.
    #[must_use]
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { first: (!bytes.is_empty()).then_some(bytes), ..Self::default() }
    }

    /// A body that comes from somewhere else.
    #[must_use]
    pub fn stream<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        if body.is_end_stream() {
            return Self::empty();
        }
        // One that has been through another guest already is not wrapped once more.
        let mut body = Some(body);
        if let Some(own) = (&mut body as &mut dyn Any).downcast_mut::<Option<Self>>() {
            return own.take().unwrap_or_default();
        }
        let Some(body) = body else { return Self::empty() };
        Self { stream: Some(body.map_err(Into::into).boxed_unsync()), ..Self::default() }
    }

    /// Puts bytes before this body.
    #[must_use]
    pub fn after(self, bytes: impl Into<Bytes>) -> Self {
        let mut bytes: Bytes = bytes.into();
        if let Some(first) = self.first {
            bytes = [bytes, first].concat().into();
        }
        Self { first: (!bytes.is_empty()).then_some(bytes), ..self }
    }

    /// Puts other bytes in the place of those of this body, whose trailers stay.
    pub(super) fn replaced_by(self, bytes: impl Into<Bytes>) -> Self {
        let stream = Self { first: None, ..self };
        Self { is_replaced: true, ..stream.after(bytes) }
    }

    /// Puts trailers at the end, if there are any.
    pub(super) fn with_trailers(mut self, trailers: HeaderMap) -> Self {
        if !trailers.is_empty() {
            self.trailers = Some(Box::new(trailers));
        }
        self
    }

    /// Where the trailers will be found that this body has had in passing. All guests of a chain share
    /// it, as they do the body.
    pub(super) fn note(&mut self) -> TrailerNote {
        Arc::clone(self.note.get_or_insert_default())
    }

    /// The trailers of the stream, after those that were put at the end here.
    fn last(&mut self, more: Option<HeaderMap>) -> Option<Frame<Bytes>> {
        self.stream = None;
        let mut trailers = self.trailers.take().map(|trailers| *trailers);
        if let Some(more) = more {
            let trailers = trailers.get_or_insert_default();
            for (name, value) in &more {
                trailers.append(name, value.clone());
            }
        }
        if let (Some(note), Some(trailers)) = (&self.note, &trailers) {
            // It is empty: trailers come once.
            let _ = note.set(trailers.clone());
        }
        trailers.map(Frame::trailers)
    }

    /// Whether trailers follow, or may follow on what is left out of the stream.
    const fn has_trailers(&self) -> bool {
        self.trailers.is_some() || self.is_replaced && self.stream.is_some()
    }

    /// Hides the length from who asks the body.
    pub(super) fn hide_length(mut self, hide: bool) -> Self {
        self.hides_length |= hide;
        self
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(bytes) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        while let Some(stream) = &mut self.stream {
            match Pin::new(stream).poll_frame(context) {
                Poll::Ready(None) => self.stream = None,
                Poll::Ready(Some(Ok(frame))) if self.is_replaced && frame.is_data() => {}
                // What was to come instead of it is whole.
                Poll::Ready(Some(Err(_))) if self.is_replaced => self.stream = None,
                Poll::Ready(Some(Ok(frame))) if frame.is_trailers() => {
                    return Poll::Ready(self.last(frame.into_trailers().ok()).map(Ok));
                }
                other => return other,
            }
        }
        Poll::Ready(self.last(None).map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none()
            && self.trailers.is_none()
            && self.stream.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = match &self.stream {
            Some(stream) if !self.is_replaced => stream.size_hint(),
            _ => SizeHint::with_exact(0),
        };
        let first = self.first.as_ref().map_or(0, Bytes::len) as u64;
        let lower = hint.lower() + first;
        // With trailers the end cannot be told by a length.
        match hint.upper() {
            Some(upper) if !self.has_trailers() && !self.hides_length => {
                hint.set_upper(upper + first);
                hint.set_lower(lower);
                hint
            }
            _ => {
                let mut hint = SizeHint::new();
                hint.set_lower(lower);
                hint
            }
        }
    }
}
