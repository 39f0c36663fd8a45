//! One exchange through a guest and the service inside it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use http::{Method, Request, Response, StatusCode, request, response};
use http_wasm_abi::{BodyKind, CtxNext, Phase};
use tower_service::Service;

use super::body::{Body, BoxError};
use super::convert;
use super::job::Job;
use super::lane::Entered;
use super::limits::refuse_headers;
use super::metrics::count;
use super::quick::{self, Head};
use super::streams::{StreamFault, Streams};
use super::{BodyFault, Error, Event, Shared};
use http_wasm_model::exchange::{self, Framing, NextError, Rest, Trap, TrapKind};
use http_wasm_model::guest;

/// What the inner service answered: a panic is one of the answers.
type Answer = Result<Result<Response<Body>, BoxError>, Box<dyn Any + Send>>;

/// How a request begins.
pub(super) enum Begun {
    /// It has its answer; this is what was not read of its body.
    Ended(Result<Response<Body>, Error>, Body),
    /// It goes on to the inner service as it now is, and the guest is done with it.
    Passes(Head),
    /// It goes on to the inner service, and the response hook comes after that.
    Next(Request<Body>, Box<Passing>),
    /// It may have to wait before its guest is called, or while it is. Nothing has happened to it.
    Waits,
}

/// A request in the inner service, of a guest that is called directly.
pub(super) struct Passing {
    job: Job,
    is_head: bool,
    /// What the guest has replaced of the request's body.
    unread: Body,
}

/// Begins directly, where that can be: the guest needs no body and no time, and an instance is idle.
pub(super) fn begin(shared: &Arc<Shared>, request: &mut Request<Body>) -> Begun {
    if let Some(entered) = Entered::enter(shared) {
        return match quick::begin(shared, entered, request) {
            quick::Begun::Ended(result) => Begun::Ended(result, std::mem::take(request.body_mut())),
            quick::Begun::Passes(head) => Begun::Passes(head),
            quick::Begun::Leaves(job, result) => go_on(*job, result, request),
        };
    }
    let served = shared.served();
    if !served.pool.module().is_direct() {
        return Begun::Waits;
    }
    let Some(mut job) = Job::try_start(shared, &served) else { return Begun::Waits };
    if let Err(refused) = refuse_headers(shared, &served.pool, request.headers()) {
        return Begun::Ended(Ok(*refused), std::mem::take(request.body_mut()));
    }
    let arrives = !http_body::Body::is_end_stream(request.body());
    job.begin(request, arrives);
    let result = job.request_hook_directly();
    go_on(job, result, request)
}

/// What becomes of a request after its hook.
fn go_on(mut job: Job, result: Result<CtxNext, Trap>, request: &mut Request<Body>) -> Begun {
    let is_head = *request.method() == Method::HEAD;
    match result {
        Err(trap) => {
            let answer = request_fault(job.shared(), None, &trap);
            return Begun::Ended(Ok(answer), std::mem::take(request.body_mut()));
        }
        Ok(ctx_next) if !ctx_next.is_next() => {
            let answer = finish(job, Conclusion::default(), is_head);
            return Begun::Ended(answer, std::mem::take(request.body_mut()));
        }
        Ok(_) => {}
    }
    let (parts, mut unread) = std::mem::take(request).into_parts();
    match forward(&mut job, parts, &mut unread) {
        Some(request) => Begun::Next(request, Box::new(Passing { job, is_head, unread })),
        None => {
            let passing = Passing { job, is_head, unread: Body::empty() };
            Begun::Ended(passing.conclude(Conclusion::default(), false), unread)
        }
    }
}

impl Passing {
    /// What becomes of the inner service's answer.
    pub(super) fn end(mut self, answer: Answer) -> Result<Response<Body>, Error> {
        drop(std::mem::take(&mut self.unread));
        let (conclusion, is_error) = take_answer(&mut self.job, answer);
        self.conclude(conclusion, is_error)
    }

    fn conclude(
        mut self,
        mut conclusion: Conclusion,
        is_error: bool,
    ) -> Result<Response<Body>, Error> {
        let result = self.job.response_hook_directly(is_error);
        if let Some(panic) = conclusion.panic.take() {
            drop(self);
            resume_unwind(panic);
        }
        match result {
            Ok(()) => finish(self.job, conclusion, self.is_head),
            Err(trap) => response_fault(self.job.shared(), None, trap),
        }
    }
}

/// Plays a request, waiting where that is needed.
pub(super) async fn play<S, R>(
    shared: Arc<Shared>,
    inner: S,
    mut request: Request<Body>,
) -> Result<Response<Body>, Error>
where
    S: Service<Request<Body>, Response = Response<R>>,
    S::Error: Into<BoxError>,
    R: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
{
    let timer = shared.counters.begin();
    let served = shared.served();
    if let Err(refused) = refuse_headers(&shared, &served.pool, request.headers()) {
        return Ok(*refused);
    }
    let is_head = *request.method() == Method::HEAD;
    let arrives = !http_body::Body::is_end_stream(request.body());
    let Some(permit) = shared.admission.admit().await else {
        count(&shared.counters.refused_busy);
        shared.tell(Event::Busy);
        return Ok(convert::plain(StatusCode::SERVICE_UNAVAILABLE, "no capacity; try again later"));
    };
    let mut job = match Job::start(Arc::clone(&shared), served, permit, timer).await {
        Ok(job) => job,
        Err(error) => {
            count(&shared.counters.failed_starts);
            shared.tell(Event::Start(&error));
            return Ok(internal_error());
        }
    };
    job.begin(&mut request, arrives);
    let (parts, body) = request.into_parts();
    let mut streams = Streams::new(body, shared.patience);
    let mut result = Ok(());
    if arrives && job.exchange().holds_whole(BodyKind::Request) {
        result = hold(&mut job, &mut streams, BodyKind::Request).await;
    }
    let result = match result {
        Ok(()) => job.request_hook(&mut streams).await,
        Err(trap) => Err(trap),
    };
    let ctx_next = match result {
        Ok(ctx_next) => ctx_next,
        Err(trap) => return Ok(request_fault(&shared, streams.fault.take(), &trap)),
    };
    if !ctx_next.is_next() {
        return finish(job, Conclusion::default(), is_head);
    }

    let mut unread = streams.take(BodyKind::Request);
    let (mut conclusion, mut is_error) = (Conclusion::default(), false);
    if let Some(request) = forward(&mut job, parts, &mut unread) {
        let answer = call(inner, request).await;
        (conclusion, is_error) = take_answer(&mut job, answer);
    }
    streams.set_response(std::mem::take(&mut conclusion.body));
    let mut result = Ok(());
    if conclusion.head.is_some() && job.exchange().holds_whole(BodyKind::Response) {
        result = hold(&mut job, &mut streams, BodyKind::Response).await;
    }
    if result.is_ok() {
        result = job.response_hook(&mut streams, is_error).await;
    }
    if let Some(panic) = conclusion.panic.take() {
        drop(job);
        resume_unwind(panic);
    }
    if let Err(trap) = result {
        return response_fault(&shared, streams.fault.take(), trap);
    }
    conclusion.body = streams.take(BodyKind::Response);
    finish(job, conclusion, is_head)
}

/// The request for the inner service; an error where the host cannot send what the guest made, and
/// answers with a 502 as a proxy does. What is not needed of `unread` stays there.
fn forward(job: &mut Job, parts: request::Parts, unread: &mut Body) -> Option<Request<Body>> {
    let forwarded = job.exchange().forward_head();
    let framing = job.exchange().take_sent_framing();
    let request = forwarded.ok_or(None).and_then(|(model, rest)| {
        convert::to_request(parts, model, rest, framing, unread).map_err(Some)
    });
    let reason = match request {
        Ok(request) => {
            job.timer().host_until_now();
            return Some(request);
        }
        Err(reason) => reason,
    };
    job.tell();
    if let Some(reason) = reason {
        job.shared().tell(Event::NextFailed(&reason.into()));
    }
    job.exchange().answer(Ok(exchange::Response::with_status(502)));
    None
}

/// What is needed at the end besides what the model has.
#[derive(Default)]
struct Conclusion {
    head: Option<response::Parts>,
    framing: Option<Framing>,
    /// What has not been read of the inner service's body.
    body: Body,
    panic: Option<Box<dyn Any + Send>>,
}

/// Puts the inner service's answer into the model; also tells whether it failed.
fn take_answer(job: &mut Job, answer: Answer) -> (Conclusion, bool) {
    job.timer().others_until_now();
    let mut conclusion = Conclusion::default();
    let error = match answer {
        Ok(Ok(response)) => {
            let (mut parts, body) = response.into_parts();
            let model = convert::response_head(&mut parts);
            conclusion.framing = job.served().writes_headers.then(|| Framing::of(&model.headers));
            job.exchange().answer_head(model);
            conclusion.head = Some(parts);
            conclusion.body = body;
            return (conclusion, false);
        }
        Ok(Err(error)) => error,
        Err(panic) => {
            conclusion.panic = Some(panic);
            "it panicked".into()
        }
    };
    count(&job.shared().counters.next_failures);
    job.shared().tell(Event::NextFailed(&error));
    job.exchange().answer(Err(NextError(error.to_string())));
    (conclusion, true)
}

/// The response for the client.
fn finish(job: Job, conclusion: Conclusion, is_head: bool) -> Result<Response<Body>, Error> {
    let Some((model, rest)) = job.finish() else {
        return Err(Error::Unsendable("it would break the connection".to_owned()));
    };
    let Conclusion { head, framing, body, .. } = conclusion;
    convert::to_response(head, model, rest, framing, body, is_head).map_err(Error::Unsendable)
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
fn body_fault(shared: &Shared, fault: Option<StreamFault>, trap: &Trap) -> Option<Fault> {
    let counters = &shared.counters;
    match fault {
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
fn request_fault(shared: &Shared, fault: Option<StreamFault>, trap: &Trap) -> Response<Body> {
    match body_fault(shared, fault, trap) {
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
    fault: Option<StreamFault>,
    trap: Trap,
) -> Result<Response<Body>, Error> {
    if body_fault(shared, fault, &trap).is_some() {
        return Ok(convert::plain(StatusCode::BAD_GATEWAY, "bad gateway"));
    }
    shared.tell(Event::Trap(Phase::Response, &trap));
    Err(Error::Response(trap))
}

pub(super) async fn call<S, R>(mut inner: S, request: Request<Body>) -> Answer
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
