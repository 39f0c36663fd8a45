//! One exchange through a guest and the service inside it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_wasm_abi::{BodyKind, Phase};
use tower_service::Service;

use super::body::{Body, BoxError};
use super::convert::{self, Framing};
use super::job::Job;
use super::metrics::count;
use super::streams::{StreamFault, Streams};
use super::{BodyFault, Error, Event, Shared};
use crate::exchange::{self, NextError, Rest, Trap, TrapKind};
use crate::guest;

/// What the inner service answered: a panic is one of the answers.
type Answer = Result<Result<Response<Body>, BoxError>, Box<dyn Any + Send>>;

pub(super) async fn play<S, R>(
    shared: Arc<Shared>,
    inner: S,
    request: Request<Body>,
) -> Result<Response<Body>, Error>
where
    S: Service<Request<Body>, Response = Response<R>>,
    S::Error: Into<BoxError>,
    R: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
{
    let counters = &shared.counters;
    let timer = counters.begin();
    let served = shared.served();
    let (mut parts, body) = request.into_parts();
    if let Some(refused) = refuse_headers(&shared, &served.pool, &parts.headers) {
        return Ok(refused);
    }
    let is_head = parts.method == Method::HEAD;
    let arrives = !http_body::Body::is_end_stream(&body);
    let request_framing = served.writes_headers.then(|| Framing::of(&parts.headers));
    let model = convert::request_head(&mut parts, served.unseen);

    let Some(permit) = shared.admission.admit().await else {
        count(&counters.refused_busy);
        shared.tell(Event::Busy);
        return Ok(convert::plain(StatusCode::SERVICE_UNAVAILABLE, "no capacity; try again later"));
    };
    let mut streams = Streams::new(body, shared.patience);
    let job = Job::start(Arc::clone(&shared), served, permit, model, arrives, timer).await;
    let mut job = match job {
        Ok(job) => job,
        Err(error) => {
            count(&counters.failed_starts);
            shared.tell(Event::Start(&error));
            return Ok(internal_error());
        }
    };
    if arrives
        && job.exchange().holds_whole(BodyKind::Request)
        && let Err(trap) = hold(&mut job, &mut streams, BodyKind::Request).await
    {
        return Ok(request_fault(&shared, &mut streams, &trap));
    }
    let ctx_next = match job.request_hook(&mut streams).await {
        Ok(ctx_next) => ctx_next,
        Err(trap) => return Ok(request_fault(&shared, &mut streams, &trap)),
    };

    let mut head = None;
    let mut framing = None;
    if ctx_next.is_next() {
        let unread = streams.take(BodyKind::Request);
        let forwarded = job.exchange().forward_head();
        let request = forwarded.ok_or(None).and_then(|(model, rest)| {
            convert::to_request(parts, model, rest, request_framing, unread).map_err(Some)
        });
        let (is_error, panic) = match request {
            // The host cannot send what the guest made, and says so as a proxy does.
            Err(reason) => {
                job.tell();
                if let Some(reason) = reason {
                    shared.tell(Event::NextFailed(&reason.into()));
                }
                job.exchange().answer(Ok(exchange::Response::with_status(502)));
                (false, None)
            }
            Ok(request) => {
                job.timer().host_until_now();
                let answer = call(inner, request).await;
                job.timer().others_until_now();
                match answer {
                    Ok(Ok(response)) => {
                        let (mut parts, body) = response.into_parts();
                        framing = job.served().writes_headers.then(|| Framing::of(&parts.headers));
                        let model = convert::response_head(&mut parts);
                        head = Some(parts);
                        streams.set_response(body);
                        job.exchange().answer_head(model);
                        (false, None)
                    }
                    Ok(Err(error)) => (failed(&shared, &mut job, &error), None),
                    Err(panic) => {
                        let error = "it panicked".into();
                        (failed(&shared, &mut job, &error), Some(panic))
                    }
                }
            }
        };
        let mut result = Ok(());
        if head.is_some() && job.exchange().holds_whole(BodyKind::Response) {
            result = hold(&mut job, &mut streams, BodyKind::Response).await;
        }
        if result.is_ok() {
            result = job.response_hook(&mut streams, is_error).await;
        }
        if let Some(panic) = panic {
            drop(job);
            resume_unwind(panic);
        }
        if let Err(trap) = result {
            return response_fault(&shared, &mut streams, trap);
        }
    } else {
        count(&counters.stopped);
    }
    let Some((model, rest)) = job.finish() else {
        return Err(Error::Unsendable("it would break the connection".to_owned()));
    };
    let unread = streams.take(BodyKind::Response);
    convert::to_response(head, model, rest, framing, unread, is_head).map_err(Error::Unsendable)
}

/// The answer to a request with too many headers.
fn refuse_headers(
    shared: &Shared,
    pool: &crate::engine::Pool,
    headers: &HeaderMap,
) -> Option<Response<Body>> {
    let limits = &pool.settings().limits;
    let count_found = headers.len();
    let bytes = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if count_found <= limits.header_count && bytes <= limits.header_bytes {
        return None;
    }
    count(&shared.counters.refused_headers);
    shared.tell(Event::Headers { count: count_found, bytes });
    let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    Some(convert::plain(status, "the request's headers are too large"))
}

fn internal_error() -> Response<Body> {
    let model = guest::internal_error();
    convert::to_response(None, model, Rest::Nothing, None, Body::empty(), false)
        .unwrap_or_else(|_| convert::plain(StatusCode::INTERNAL_SERVER_ERROR, ""))
}

/// Takes in all of a body before a hook that may look at any part of it.
async fn hold(job: &mut Job, streams: &mut Streams, kind: BodyKind) -> Result<(), Trap> {
    use crate::engine::{Bodies as _, Piece};
    loop {
        let piece = std::future::poll_fn(|context| streams.poll_piece(kind, context)).await;
        match piece {
            Piece::Bytes(bytes) => job.exchange().feed(kind, &bytes)?,
            Piece::End(trailers) => {
                job.exchange().end(kind, trailers);
                return Ok(());
            }
            Piece::Failed(message) => return Err(Trap::other(TrapKind::Body, message)),
        }
    }
}

/// Tells what was wrong with a body, if that is why the guest trapped.
fn body_fault(shared: &Shared, streams: &mut Streams, trap: &Trap) -> Option<Fault> {
    let counters = &shared.counters;
    match streams.fault.take() {
        Some(StreamFault::Broken(kind, error)) => {
            count(&counters.bodies_broken);
            shared.tell(Event::Body(kind, BodyFault::Broken(&error)));
            Some(Fault {
                kind,
                status: StatusCode::BAD_REQUEST,
                text: "the request's body is broken",
            })
        }
        Some(StreamFault::Slow(kind, patience)) => {
            count(&counters.bodies_slow);
            shared.tell(Event::Body(kind, BodyFault::Slow(patience)));
            let text = "the request's body did not come in time";
            Some(Fault { kind, status: StatusCode::REQUEST_TIMEOUT, text })
        }
        None => None,
    }
    .or_else(|| {
        let kind = trap.body()?;
        count(&counters.bodies_too_large);
        shared.tell(Event::Body(kind, BodyFault::TooLarge(trap)));
        let text = "the request's body is too large";
        Some(Fault { kind, status: StatusCode::PAYLOAD_TOO_LARGE, text })
    })
}

/// What was wrong with a body, and what its sender is told if that is the client.
struct Fault {
    kind: BodyKind,
    status: StatusCode,
    text: &'static str,
}

/// What the client gets when the request hook ended with a trap.
fn request_fault(shared: &Shared, streams: &mut Streams, trap: &Trap) -> Response<Body> {
    match body_fault(shared, streams, trap) {
        Some(Fault { kind: BodyKind::Request, status, text }) => convert::plain(status, text),
        Some(_) => convert::plain(StatusCode::BAD_GATEWAY, "bad gateway"),
        None => {
            shared.tell(Event::Trap(Phase::Request, trap));
            internal_error()
        }
    }
}

/// What the client gets when the response hook ended with a trap, or why it gets nothing.
fn response_fault(
    shared: &Shared,
    streams: &mut Streams,
    trap: Trap,
) -> Result<Response<Body>, Error> {
    if body_fault(shared, streams, &trap).is_some() {
        return Ok(convert::plain(StatusCode::BAD_GATEWAY, "bad gateway"));
    }
    shared.tell(Event::Trap(Phase::Response, &trap));
    Err(Error::Response(trap))
}

async fn call<S, R>(mut inner: S, request: Request<Body>) -> Answer
where
    S: Service<Request<Body>, Response = Response<R>>,
    S::Error: Into<BoxError>,
    R: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
{
    let mut future = pin!(async move { inner.call(request).await });
    // What the service shares with others is as whole after its panic as it would be without a guest.
    let answer = std::future::poll_fn(|context| {
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(answer)) => Poll::Ready(Ok(answer)),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    })
    .await?;
    Ok(answer.map(|response| response.map(Body::stream)).map_err(Into::into))
}

fn failed(shared: &Shared, job: &mut Job, error: &BoxError) -> bool {
    count(&shared.counters.next_failures);
    shared.tell(Event::NextFailed(error));
    job.exchange().answer(Err(NextError(error.to_string())));
    true
}
