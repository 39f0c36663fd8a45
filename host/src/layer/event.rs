//! What a layer tells its owner, and why it has no response.

use http_wasm_abi::Phase;

use super::body::BoxError;
use crate::engine::StartError;
use crate::exchange::{LogEntry, Problem, Trap};

/// Something that the owner of a server may want to know and the client may not.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The guest logged a message.
    Log(&'a LogEntry),
    /// The guest did what other hosts treat differently, or what cannot be sent.
    Problem(&'a Problem),
    /// A new instance could not be initialised; the client gets 500.
    Start(&'a StartError),
    /// A hook trapped. In the request hook: the client gets 500. In the response hook: the service
    /// fails with [`Error::Response`].
    Trap(Phase, &'a Trap),
    /// The inner service failed; the guest's response hook is told so.
    NextFailed(&'a BoxError),
    /// A request's body was longer than the limit of so many bytes; the client gets 413.
    RequestTooLong(usize),
    /// A response's body was longer than the limit of so many bytes; it is replaced by a 502.
    ResponseTooLong(usize),
    /// A request's body ended before its end: the client went away, or sent nonsense. The client
    /// gets 400.
    RequestBroken(&'a BoxError),
}

impl std::fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Log(entry) => f.write_str(&entry.message),
            Self::Problem(problem) => problem.fmt(f),
            Self::Start(error) => error.fmt(f),
            Self::Trap(phase, trap) => write!(f, "the guest trapped in {phase}: {trap}"),
            Self::NextFailed(error) => write!(f, "the next handler failed: {error}"),
            Self::RequestTooLong(limit) => write!(
                f,
                "the request's body is longer than {limit} bytes, and the guest may want all of it: the client gets 413; raise the limit"
            ),
            Self::ResponseTooLong(limit) => write!(
                f,
                "the response's body is longer than {limit} bytes, and the guest may want all of it: it becomes a 502; raise the limit"
            ),
            Self::RequestBroken(error) => {
                write!(f, "the request's body did not arrive whole: {error}")
            }
        }
    }
}

/// Why there is no response: the connection has to break.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The inner service does not take requests.
    #[error("the next handler is not ready: {0}")]
    NotReady(#[source] BoxError),
    /// The guest trapped in its response hook. What the client would get is half made, so it gets
    /// nothing, as on the official Go host.
    #[error("the guest trapped in handle_response: {0}")]
    Response(#[source] Trap),
    /// What the guest made is no HTTP response.
    #[error("what the guest made cannot be sent: {0}")]
    Unsendable(String),
    /// The runtime stopped while the guest ran, or the host has a bug.
    #[error("the call into the guest did not end: {0}")]
    Call(#[source] tokio::task::JoinError),
}
