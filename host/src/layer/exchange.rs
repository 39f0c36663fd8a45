//! One exchange through a guest and the service inside it, as steps.
//!
//! The steps are the same for every guest: [`begin`], the request hook, the inner service,
//! [`Pending::respond`](super::task::Pending::respond). A hook runs where the step runs, or, where it may
//! have to wait or to run for long, in a future: that is the only difference.

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use http::{Request, Response, StatusCode};
use tower_service::Service;

use super::admission::Refused;
use super::answer::Answer;
use super::body::{Body, BoxError};
use super::faults::internal_error;
use super::limits::refuse_headers;
use super::metrics::count;
use super::receive::{Malformed, receive};
use super::respond::Responded;
use super::slots::Lease;
use super::task::{Step, Task, Unsendable, Wait};
use super::{Error, Event, Shared, convert};
use crate::engine::Hook;

/// Begins an exchange, and calls the request hook if an instance is at hand and nothing has to be
/// waited for.
#[inline]
pub(super) fn begin(shared: &Arc<Shared>, request: &mut Request<Body>) -> Step {
    match shared.try_acquire() {
        Some(lease) => begin_with(lease, request),
        None => Step::Wait(Wait::Instance),
    }
}

#[inline]
fn begin_with(lease: Lease, request: &mut Request<Body>) -> Step {
    let shared = &**lease.shared();
    let timer = shared.slots.counters().begin();
    if let Err(refused) = refuse_headers(shared, lease.guest(), request.headers()) {
        lease.release();
        return Step::Respond(Ok(*refused), std::mem::take(request.body_mut()));
    }
    let is_read = lease.guest().capabilities.reads_headers || request.uri().authority().is_some();
    if is_read
        && let Err(malformed) = receive(request)
        && malformed != Malformed::NoHost
    {
        count(&shared.slots.counters().refused_malformed);
        shared.emit(Event::Malformed(&malformed));
        lease.release();
        let response = convert::plain(StatusCode::BAD_REQUEST, "bad request");
        return Step::Respond(Ok(response), std::mem::take(request.body_mut()));
    }
    let mut task = Task::new(lease, timer, request);
    if task.request_hook_waits() {
        return Step::Wait(Wait::RequestHook(task));
    }
    let result = task.call(Hook::Request);
    settle(task.after_request_hook(result, request))
}

/// Goes on to the response hook where the inner service is not called.
fn settle(step: Result<Step, Unsendable>) -> Step {
    let Unsendable { task, unread } = match step {
        Ok(step) => return step,
        Err(unsendable) => unsendable,
    };
    match task.respond(false) {
        Responded::Ready(response) => Step::Respond(response, unread),
        Responded::Wait(responding) => Step::Wait(Wait::ResponseHook(responding, unread)),
    }
}

/// Runs an exchange that has to wait to its end.
pub(super) async fn run<S, R>(
    wait: Wait,
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
    let mut step = Step::Wait(wait);
    loop {
        step = match step {
            Step::Respond(response, _) => return response,
            Step::Wait(Wait::ResponseHook(responding, _)) => return responding.run().await,
            Step::Wait(Wait::RequestHook(task)) => {
                settle(task.wait_for_request_hook(&mut request).await)
            }
            Step::Wait(Wait::Instance) => match shared.acquire().await {
                Ok(lease) => begin_with(lease, &mut request),
                Err(refused) => return Ok(refuse(&shared, &refused)),
            },
            Step::Forward(pending) => {
                let answer = call(inner, request).await;
                return match pending.respond(answer) {
                    Responded::Ready(response) => response,
                    Responded::Wait(responding) => responding.run().await,
                };
            }
        };
    }
}

/// The response to a request for which there is no instance.
fn refuse(shared: &Shared, refused: &Refused) -> Response<Body> {
    let counters = shared.slots.counters();
    counters.begin();
    match refused {
        Refused::Busy => {
            count(&counters.refused_busy);
            shared.emit(Event::Busy);
            convert::plain(StatusCode::SERVICE_UNAVAILABLE, "no capacity; try again later")
        }
        Refused::Start(error) => {
            count(&counters.failed_starts);
            shared.emit(Event::Start(error));
            internal_error()
        }
    }
}

/// Calls the inner service, whose panic is one of its answers.
async fn call<S, R>(mut inner: S, request: Request<Body>) -> Answer
where
    S: Service<Request<Body>, Response = Response<R>>,
    S::Error: Into<BoxError>,
    R: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
{
    let mut future = pin!(async move { inner.call(request).await });
    std::future::poll_fn(|context| match super::catch(|| future.as_mut().poll(context)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(answer)) => Poll::Ready(Answer::from(answer)),
        Err(panic) => Poll::Ready(Answer::Panicked(panic)),
    })
    .await
}
