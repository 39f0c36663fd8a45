//! Events of a layer for its owner, and why it has no response.

use std::time::Duration;

use http_wasm_abi::{BodyKind, Phase};

use super::Malformed;
use super::body::BoxError;
use crate::engine::StartError;
use http_wasm_model::exchange::{HostCall, LogEntry, Problem, Trap};

/// Something that the owner of a server may want to know and the client may not.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The guest logged a message.
    Log(&'a LogEntry),
    /// The guest called a host function; only where the pool's settings record calls.
    Call(&'a HostCall),
    /// The guest did what other hosts treat differently, or what cannot be sent.
    Problem(&'a Problem),
    /// A new instance could not be initialised; the client gets 500.
    Start(&'a StartError),
    /// A hook trapped. In the request hook: the client gets 500. In the response hook: the service
    /// fails with [`Error::Response`].
    Trap(Phase, &'a Trap),
    /// The inner service failed; the guest's response hook sees `is_error`.
    NextFailed(&'a BoxError),
    /// A body did not come, or was longer than what is held of one. The client gets 413, 408, 400
    /// or 503 for its own, and 502 for the inner service's.
    Body(BodyKind, BodyFault<'a>),
    /// The request has no clear meaning. The client gets 400.
    Malformed(&'a Malformed),
    /// The request had more headers than the limits say: so many, of so many bytes. The client gets
    /// 431.
    Headers {
        /// How many values.
        count: usize,
        /// How many bytes of names and values.
        bytes: usize,
    },
    /// Every instance was in use, and as many requests waited as may, or this one for as long as it
    /// may. The client gets 503.
    Busy,
    /// So many messages of the guest were not passed on, because there were too many in a second.
    LogsDropped(u64),
}

/// What was wrong with a body.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum BodyFault<'a> {
    /// It was longer than this host holds.
    TooLarge(&'a Trap),
    /// It broke off.
    Broken(&'a BoxError),
    /// Nothing came of it for so long.
    Slow(Duration),
    /// It had not come, and as many guests waited for a body as may.
    Crowded,
}

impl std::fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Log(entry) => f.write_str(&entry.message),
            Self::Call(call) => write!(f, "{call} in {}", call.phase),
            Self::Problem(problem) => problem.fmt(f),
            Self::Start(error) => error.fmt(f),
            Self::Trap(phase, trap) => write!(f, "the guest trapped in {phase}: {trap}"),
            Self::NextFailed(error) => write!(f, "the next handler failed: {error}"),
            Self::Body(_, BodyFault::TooLarge(trap)) => trap.fmt(f),
            Self::Body(kind, BodyFault::Broken(error)) => {
                write!(f, "the {kind} did not arrive whole: {error}")
            }
            Self::Body(kind, BodyFault::Slow(timeout)) => {
                write!(f, "nothing came of the {kind} for {timeout:?}")
            }
            Self::Body(kind, BodyFault::Crowded) => {
                write!(f, "the {kind} had not come, and as many guests wait for a body as may; raise the capacity")
            }
            Self::Malformed(malformed) => write!(f, "{malformed}: the client gets 400"),
            Self::Headers { count, bytes } => write!(
                f,
                "the request has {count} headers of {bytes} bytes, which is more than the limits: the client gets 431; raise them"
            ),
            Self::Busy => f.write_str(
                "every instance is in use, and no more requests may wait: the client gets 503; raise the capacity",
            ),
            Self::LogsDropped(count) => {
                write!(f, "{count} messages of the guest were dropped, it logs too many in a second")
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
}
