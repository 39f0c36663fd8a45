//! What becomes of an exchange when a hook has trapped or a body did not come.

use http::{Response, StatusCode};
use http_wasm_abi::{BodyKind, Phase};
use http_wasm_model::exchange::{Exchange, Finished, Rest, Trap, TrapKind};
use http_wasm_model::guest;

use super::body::Body;
use super::metrics::count;
use super::streams::{StreamFault, Streams};
use super::{BodyFault, Error, Event, Shared, convert};
use crate::engine::{Bodies as _, Piece};

/// The response when something went wrong here.
pub(super) fn internal_error() -> Response<Body> {
    let mut model = guest::internal_error();
    let finished = Finished {
        status: model.status,
        headers: &mut model.headers,
        trailers: &mut model.trailers,
        body: model.body,
        rest: Rest::Nothing,
        framing: None,
    };
    convert::to_response(Response::default(), finished, false)
        .unwrap_or_else(|_| convert::plain(StatusCode::INTERNAL_SERVER_ERROR, ""))
}

/// Takes in all of a body before a hook that may look at any part of it.
pub(super) async fn hold(
    exchange: &mut Exchange,
    streams: &mut Streams,
    kind: BodyKind,
) -> Result<(), Trap> {
    loop {
        let piece = std::future::poll_fn(|context| streams.poll_piece(kind, context)).await;
        match piece {
            Piece::Bytes(bytes) => exchange.feed(kind, &bytes)?,
            Piece::End(trailers) => {
                exchange.end(kind, trailers);
                return Ok(());
            }
            Piece::Failed(message) => return Err(Trap::other(TrapKind::Body, message)),
        }
    }
}

/// What was wrong with a body, if that is why the guest trapped.
fn body_fault(shared: &Shared, fault: Option<StreamFault>, trap: &Trap) -> Option<Fault> {
    let counters = shared.slots.counters();
    match fault {
        Some(StreamFault::Broken(kind, error)) => {
            count(&counters.bodies_broken);
            shared.emit(Event::Body(kind, BodyFault::Broken(&error)));
            Some(Fault {
                kind,
                status: StatusCode::BAD_REQUEST,
                text: "the request's body is broken",
            })
        }
        Some(StreamFault::Slow(kind, timeout)) => {
            count(&counters.bodies_slow);
            shared.emit(Event::Body(kind, BodyFault::Slow(timeout)));
            let text = "the request's body did not come in time";
            Some(Fault { kind, status: StatusCode::REQUEST_TIMEOUT, text })
        }
        Some(StreamFault::Crowded(kind)) => {
            count(&counters.refused_busy);
            shared.emit(Event::Body(kind, BodyFault::Crowded));
            let text = "no capacity; try again later";
            Some(Fault { kind, status: StatusCode::SERVICE_UNAVAILABLE, text })
        }
        None => None,
    }
    .or_else(|| {
        let kind = trap.body()?;
        count(&counters.bodies_too_large);
        shared.emit(Event::Body(kind, BodyFault::TooLarge(trap)));
        let text = "the request's body is too large";
        Some(Fault { kind, status: StatusCode::PAYLOAD_TOO_LARGE, text })
    })
}

/// What was wrong with a body, and what the client gets if it is its sender.
struct Fault {
    kind: BodyKind,
    status: StatusCode,
    text: &'static str,
}

/// What the client gets when the request hook ended with a trap.
pub(super) fn request_fault(
    shared: &Shared,
    fault: Option<StreamFault>,
    trap: &Trap,
) -> Response<Body> {
    match body_fault(shared, fault, trap) {
        Some(Fault { kind: BodyKind::Request, status, text }) => convert::plain(status, text),
        Some(_) => convert::plain(StatusCode::BAD_GATEWAY, "bad gateway"),
        None => {
            shared.emit(Event::Trap(Phase::Request, trap));
            internal_error()
        }
    }
}

/// What the client gets when the response hook ended with a trap, or why it gets nothing.
pub(super) fn response_fault(
    shared: &Shared,
    fault: Option<StreamFault>,
    trap: Trap,
) -> Result<Response<Body>, Error> {
    if body_fault(shared, fault, &trap).is_some() {
        return Ok(convert::plain(StatusCode::BAD_GATEWAY, "bad gateway"));
    }
    shared.emit(Event::Trap(Phase::Response, &trap));
    Err(Error::Response(trap))
}
