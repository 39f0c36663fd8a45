//! Runs one exchange with a guest, from its request to what the client gets.

use std::sync::Arc;

use http_wasm_model::exchange::{Exchange, InstanceSettings, NextError, Request, Response, Trap};
use http_wasm_model::guest::{Guest, after_trap, request_hook};

use crate::Outcome;

/// Runs one exchange: `handle_request`, the next handler, `handle_response`.
///
/// After a trap in the request hook the client gets a plain 500 without details. Where the profile is
/// of a host that has sent the head of the guest's response by then, the client gets that head and what
/// was written of the body. A trap in the response hook breaks the connection, as on real hosts.
pub fn run(
    guest: &mut dyn Guest,
    settings: &Arc<InstanceSettings>,
    request: Request,
    next: &mut dyn FnMut(&Request) -> Result<Response, NextError>,
) -> Outcome {
    let mut exchange = Exchange::for_request(Arc::clone(settings), request);
    let mut upstream = None;
    let result = drive(guest, &mut exchange, &mut upstream, next);
    let (response, trap) = match result {
        Ok(()) => (exchange.finish(), None),
        Err(Failure::Request(trap)) => (after_trap(&mut exchange), Some(trap)),
        Err(Failure::Response(trap)) => (None, Some(trap)),
    };
    let (logs, calls, problems) = exchange.take_records();
    Outcome { profile: settings.settings.profile, upstream, response, logs, calls, trap, problems }
}

enum Failure {
    Request(Trap),
    Response(Trap),
}

fn drive(
    guest: &mut dyn Guest,
    exchange: &mut Exchange,
    upstream: &mut Option<Request>,
    next: &mut dyn FnMut(&Request) -> Result<Response, NextError>,
) -> Result<(), Failure> {
    let ctx_next = request_hook(guest, exchange).map_err(Failure::Request)?;
    if !ctx_next.is_next() {
        return Ok(());
    }
    let answer = match exchange.forward() {
        Some(request) => next(upstream.insert(request)),
        None => Ok(Response::with_status(502)),
    };
    let is_error = answer.is_err();
    exchange.answer(answer);
    guest.handle_response(exchange, ctx_next.ctx(), is_error).map_err(Failure::Response)
}
