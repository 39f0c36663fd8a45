//! The two bodies of an exchange on their way to the guest, and how long it may wait for them.

use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body::Body as _;
use http_wasm_abi::BodyKind;
use tokio::time::Sleep;

use super::Shared;
use super::admission::{Admission, AwaitingBody};
use super::body::{Body, BoxError, TrailerNote};
use crate::engine::{Bodies, Piece};
use http_wasm_model::exchange::Headers;

/// The bodies as far as the guest has not had them.
pub(super) struct Streams {
    request: Option<Body>,
    response: Option<Body>,
    /// The trailers of the request, once its body has gone on.
    note: Option<TrailerNote>,
    timeout: Duration,
    admission: Arc<Admission>,
    /// While a piece is awaited: how long, and that others may use an instance.
    waiting: Option<(Pin<Box<Sleep>>, AwaitingBody)>,
    /// Why the last piece did not come.
    pub(super) fault: Option<StreamFault>,
}

/// Why a body did not come.
#[derive(Debug)]
pub(super) enum StreamFault {
    /// It ended before its end.
    Broken(BodyKind, BoxError),
    /// Nothing came of it for so long.
    Slow(BodyKind, Duration),
    /// As many instances wait for a body as may.
    Crowded(BodyKind),
}

impl Streams {
    pub(super) fn new(shared: &Shared) -> Self {
        Self {
            request: None,
            response: None,
            note: None,
            timeout: shared.body_read_timeout,
            admission: Arc::clone(&shared.admission),
            waiting: None,
            fault: None,
        }
    }

    /// Begins an exchange with the body of its request.
    pub(super) fn begin(&mut self, request: Body) {
        // All fields by name, so that none is forgotten.
        let Self { request: own, response, note, timeout: _, admission: _, waiting, fault } = self;
        *own = Some(request);
        *response = None;
        *note = None;
        *waiting = None;
        *fault = None;
    }

    pub(super) fn set_response(&mut self, body: Body) {
        self.response = Some(body);
    }

    /// What is left of a body.
    pub(super) fn take(&mut self, kind: BodyKind) -> Body {
        let mut body = self.body(kind).take().unwrap_or_default();
        if kind == BodyKind::Request && !body.is_end_stream() {
            self.note = Some(body.note());
        }
        body
    }

    /// What can be said of a body that has gone on: the trailers of the request, if they have come.
    fn gone(&self, kind: BodyKind) -> Headers {
        let note = self.note.as_ref().filter(|_| kind == BodyKind::Request);
        note.and_then(|note| note.get()).cloned().unwrap_or_default().into()
    }

    /// Takes back what was lent to a guest.
    pub(super) fn from_lent(lent: Box<dyn Bodies>) -> Option<Box<Self>> {
        let lent: Box<dyn Any> = lent;
        lent.downcast().ok()
    }

    const fn body(&mut self, kind: BodyKind) -> &mut Option<Body> {
        match kind {
            BodyKind::Request => &mut self.request,
            BodyKind::Response => &mut self.response,
        }
    }

    fn fail(&mut self, fault: StreamFault) -> Piece {
        let message = fault.to_string();
        self.fault = Some(fault);
        Piece::Failed(message)
    }
}

impl Bodies for Streams {
    fn poll_piece(&mut self, kind: BodyKind, context: &mut Context<'_>) -> Poll<Piece> {
        let Some(body) = self.body(kind) else { return Poll::Ready(Piece::End(self.gone(kind))) };
        let piece = match Pin::new(body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(bytes) => Piece::Bytes(bytes),
                Err(frame) => Piece::End(frame.into_trailers().unwrap_or_default().into()),
            },
            Poll::Ready(Some(Err(error))) => self.fail(StreamFault::Broken(kind, error)),
            Poll::Ready(None) => Piece::End(Headers::new()),
            Poll::Pending => {
                let timeout = self.timeout;
                let waiting = self.waiting.take().or_else(|| {
                    let waiting = self.admission.await_body()?;
                    Some((Box::pin(tokio::time::sleep(timeout)), waiting))
                });
                match waiting {
                    None => self.fail(StreamFault::Crowded(kind)),
                    Some((mut timer, waiting)) => {
                        if timer.as_mut().poll(context).is_pending() {
                            self.waiting = Some((timer, waiting));
                            return Poll::Pending;
                        }
                        self.fail(StreamFault::Slow(kind, timeout))
                    }
                }
            }
        };
        self.waiting = None;
        Poll::Ready(piece)
    }

    fn is_at_end(&self, kind: BodyKind) -> bool {
        let body = match kind {
            BodyKind::Request => &self.request,
            BodyKind::Response => &self.response,
        };
        body.as_ref().is_none_or(http_body::Body::is_end_stream)
    }
}

impl std::fmt::Display for StreamFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Broken(kind, error) => write!(f, "the {kind} did not arrive whole: {error}"),
            Self::Slow(kind, timeout) => {
                write!(
                    f,
                    "nothing came of the {kind} for {timeout:?}; send it faster, or have the host's body read timeout raised"
                )
            }
            Self::Crowded(kind) => {
                write!(
                    f,
                    "as many guests wait for a body as may, and the {kind} has not come; raise the capacity"
                )
            }
        }
    }
}
