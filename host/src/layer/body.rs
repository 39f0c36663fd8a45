//! A body on its way: bytes that are there, a stream that is still coming, or both.

use std::any::Any;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use http_body_util::combinators::MapErr;

/// Any error of a body or a service.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The trailers of a body that has gone on, once they have gone by.
pub(super) type TrailerNote = Arc<OnceLock<HeaderMap>>;

/// The body of requests and responses that have been through a guest.
///
/// Small, because messages are moved often and most bodies are empty, or go by as they came.
#[derive(Default)]
pub struct Body(Option<Frames>);

type Frames = Pin<Box<dyn Source + Send>>;

/// Where the frames of a body come from.
trait Source: http_body::Body<Data = Bytes, Error = BoxError> {
    /// What was put around a stream, if this is such a body.
    fn made(self: Pin<&mut Self>) -> Option<&mut Made>;
}

impl<B, F> Source for MapErr<B, F>
where
    Self: http_body::Body<Data = Bytes, Error = BoxError>,
{
    fn made(self: Pin<&mut Self>) -> Option<&mut Made> {
        None
    }
}

impl Source for Made {
    fn made(self: Pin<&mut Self>) -> Option<&mut Made> {
        Some(self.get_mut())
    }
}

/// Bytes and trailers around a stream that is still coming.
#[derive(Default)]
struct Made {
    first: Option<Bytes>,
    stream: Option<Frames>,
    trailers: Option<HeaderMap>,
    /// Where the trailers are noted as they go by, for a guest that asks later.
    note: Option<TrailerNote>,
    /// Of the stream only the trailers are wanted.
    is_replaced: bool,
    /// Its size hint hides its length: it came without one, or a `content-length` among the headers
    /// has it, and servers that compare the two stumble over the answer to HEAD.
    hides_length: bool,
}

impl Body {
    /// No body.
    #[must_use]
    pub const fn empty() -> Self {
        Self(None)
    }

    /// A body that is all there.
    #[must_use]
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        Self::empty().after(bytes)
    }

    /// A body that comes from somewhere else.
    #[must_use]
    pub fn stream<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        // One that has been through another guest already is not wrapped once more.
        let mut body = Some(body);
        if let Some(own) = (&mut body as &mut dyn Any).downcast_mut::<Option<Self>>() {
            return own.take().unwrap_or_default();
        }
        let coming = body.filter(|body| !body.is_end_stream());
        Self(coming.map(|body| Box::pin(body.map_err(Into::into)) as Frames))
    }

    /// Puts bytes before this body.
    #[must_use]
    pub fn after(self, bytes: impl Into<Bytes>) -> Self {
        let mut bytes: Bytes = bytes.into();
        if bytes.is_empty() {
            return self;
        }
        let mut made = self.into_made();
        if let Some(first) = made.first {
            bytes = [bytes, first].concat().into();
        }
        made.first = Some(bytes);
        made.into()
    }

    /// Puts other bytes in the place of those of this body, whose trailers stay.
    pub(super) fn replaced_by(self, bytes: impl Into<Bytes>) -> Self {
        let made = Made { first: None, is_replaced: true, ..self.into_made() };
        Self::from(made).after(bytes)
    }

    /// Puts trailers at the end, if there are any.
    pub(super) fn with_trailers(self, trailers: HeaderMap) -> Self {
        if trailers.is_empty() {
            return self;
        }
        Made { trailers: Some(trailers), ..self.into_made() }.into()
    }

    /// Where the trailers will be found that this body has had in passing. All guests of a chain share
    /// it, as they do the body.
    pub(super) fn note(&mut self) -> TrailerNote {
        let mut made = std::mem::take(self).into_made();
        let note = Arc::clone(made.note.get_or_insert_default());
        *self = made.into();
        note
    }

    /// Hides the length from who asks the body.
    pub(super) fn hide_length(self, hide: bool) -> Self {
        if !hide {
            return self;
        }
        Made { hides_length: true, ..self.into_made() }.into()
    }

    fn into_made(self) -> Made {
        let Some(mut frames) = self.0 else { return Made::default() };
        match frames.as_mut().made() {
            Some(made) => std::mem::take(made),
            None => Made { stream: Some(frames), ..Made::default() },
        }
    }
}

impl From<Made> for Body {
    fn from(made: Made) -> Self {
        Self(Some(Box::pin(made)))
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use http_body::Body as _;
        f.debug_struct("Body")
            .field("is_end_stream", &self.is_end_stream())
            .field("size_hint", &self.size_hint())
            .finish_non_exhaustive()
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Some(frames) = &mut self.0 else { return Poll::Ready(None) };
        let polled = frames.as_mut().poll_frame(context);
        if let Poll::Ready(None) = polled {
            self.0 = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(|| SizeHint::with_exact(0), http_body::Body::size_hint)
    }
}

impl Made {
    /// The trailers of the stream, after those that were put at the end here.
    fn last(&mut self, more: Option<HeaderMap>) -> Option<Frame<Bytes>> {
        self.stream = None;
        let mut trailers = self.trailers.take();
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
}

impl http_body::Body for Made {
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
            match stream.as_mut().poll_frame(context) {
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
        // With trailers a length does not say where the end is.
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
