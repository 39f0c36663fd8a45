//! What the inner service answers, and headers that a guest has set for that.

use std::any::Any;
use std::sync::Arc;

use http::Response;
use http_wasm_model::Profile;
use http_wasm_model::exchange::{self, HeaderClash, NextError, SetHeaders};

use super::body::{Body, BoxError};
use super::metrics::count;
use super::slots::SharedRef;
use super::{Error, Event, Shared};

/// The failure of an inner service that panicked.
const PANICKED: &str = "it panicked";

/// What the inner service gave.
pub(super) enum Answer {
    Response(Response<Body>),
    Failed(BoxError),
    Panicked(Box<dyn Any + Send>),
}

/// The headers that a guest has set for a response that it does not look at.
pub(super) struct PendingHeaders {
    pub(super) shared: Arc<SharedRef>,
    pub(super) profile: Profile,
    pub(super) headers: SetHeaders,
}

impl<R, E> From<Result<Response<R>, E>> for Answer
where
    R: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
    E: Into<BoxError>,
{
    fn from(answer: Result<Response<R>, E>) -> Self {
        match answer {
            Ok(response) => Self::Response(response.map(Body::stream)),
            Err(error) => Self::Failed(error.into()),
        }
    }
}

impl Answer {
    /// Counts a failure of the inner service, and hands it over.
    pub(super) fn report_failure(&self, shared: &Shared) {
        match self {
            Self::Response(_) => return,
            Self::Failed(error) => shared.emit(Event::NextFailed(error)),
            Self::Panicked(_) => shared.emit(Event::NextFailed(&PANICKED.into())),
        }
        count(&shared.slots.counters().next_failures);
    }

    /// The failure as the model has it.
    pub(super) fn next_error(&self) -> NextError {
        NextError(match self {
            Self::Failed(error) => error.to_string(),
            Self::Response(_) | Self::Panicked(_) => PANICKED.to_owned(),
        })
    }
}

impl PendingHeaders {
    /// The inner service's response with these headers.
    pub(super) fn merge(self, answer: Answer) -> Result<Response<Body>, Error> {
        let Self { shared, profile, headers } = self;
        let mut response = match answer {
            Answer::Response(response) => response,
            Answer::Panicked(panic) => std::panic::resume_unwind(panic),
            Answer::Failed(_) => {
                let mut failed = Response::new(Body::empty());
                *failed.status_mut() = exchange::failed_next_status(profile);
                failed
            }
        };
        let report = |clash: HeaderClash<'_>| {
            if shared.has_observer() {
                shared.emit(Event::Problem(&clash.into()));
            }
        };
        let added = headers.add_to(response.headers_mut(), profile, report);
        added.map_err(|full| Error::Unsendable(full.to_string()))?;
        Ok(response)
    }
}
