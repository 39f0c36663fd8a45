//! One exchange through a guest and the service inside it.

use std::sync::Arc;

use http::{Request, Response, StatusCode, request};
use http_wasm_abi::{CtxNext, Phase};
use tower_service::Service;

use super::body::{Body, BoxError, Failure};
use super::convert::{self, Payload};
use super::{Error, Event, SHORT, Shared};
use crate::engine::{Pinned, Pool, StartError};
use crate::exchange::{self, Exchange, NextError, Trap};
use crate::guest;

/// An instance and what it is working on.
struct Job {
    /// Taken out when the job ends.
    pinned: Option<Pinned<Arc<Pool>>>,
    exchange: Exchange,
    /// The request hook said to go on, and the response hook has not been called.
    owed: bool,
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(pinned) = self.pinned.take()
            && self.owed
        {
            pinned.discard();
        }
    }
}

impl Job {
    fn start(pool: Arc<Pool>, request: exchange::Request) -> Result<Self, StartError> {
        let mut pinned = pool.take_owned()?;
        let (_, settings) = pinned.guest();
        let exchange = Exchange::for_request(settings.clone(), request);
        Ok(Self { pinned: Some(pinned), exchange, owed: false })
    }

    fn request_hook(&mut self) -> Result<CtxNext, Trap> {
        let (guest, exchange) = self.parts();
        let result = guest::request_hook(guest, exchange)?;
        self.owed = result.is_next();
        Ok(result)
    }

    fn response_hook(&mut self, ctx: u32, is_error: bool) -> Result<(), Trap> {
        self.owed = false;
        let (guest, exchange) = self.parts();
        guest.handle_response(exchange, ctx, is_error)
    }

    fn parts(&mut self) -> (&mut dyn guest::Guest, &mut Exchange) {
        match &mut self.pinned {
            Some(pinned) => (pinned.guest().0, &mut self.exchange),
            None => unreachable!("only drop takes the instance out"),
        }
    }

    /// Hands over what was logged and found since the last time.
    fn tell(&mut self, shared: &Shared) {
        let (logs, _, problems) = self.exchange.take_records();
        for entry in &logs {
            shared.tell(Event::Log(entry));
        }
        for problem in &problems {
            shared.tell(Event::Problem(problem));
        }
    }
}

/// Runs a call into the guest where it may take the time that it is allowed.
async fn enter<R: Send + 'static>(
    shared: &Shared,
    call: impl FnOnce() -> R + Send + 'static,
) -> Result<R, Error> {
    let limit = shared.pool.module().options().time_limit;
    if limit.is_some_and(|limit| limit <= SHORT) {
        return Ok(call());
    }
    tokio::task::spawn_blocking(call).await.map_err(Error::Call)
}

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
    let (mut parts, body) = request.into_parts();
    let mut model = convert::request_head(&mut parts);
    let mut payload = Payload::Model;
    if shared.collects_requests {
        // Before an instance is taken: a slow client holds memory, not an instance.
        match collect_request(&shared, body, &mut model, &parts).await {
            Ok(()) => {}
            Err(response) => return Ok(response),
        }
    } else {
        payload = Payload::Passing(body);
    }
    let is_head = parts.method == http::Method::HEAD;

    let pool = Arc::clone(&shared.pool);
    let entered = enter(&shared, move || {
        let mut job = Job::start(pool, model)?;
        let result = job.request_hook();
        Ok((job, result))
    })
    .await?;
    let (mut job, result) = match entered {
        Ok(entered) => entered,
        Err(error) => {
            shared.tell(Event::Start(&error));
            return Ok(internal_error());
        }
    };
    for entry in job.pinned.iter_mut().flat_map(Pinned::take_start_logs) {
        shared.tell(Event::Log(&entry));
    }
    job.tell(&shared);
    let ctx_next = match result {
        Ok(ctx_next) => ctx_next,
        Err(trap) => {
            shared.tell(Event::Trap(Phase::Request, &trap));
            return Ok(internal_error());
        }
    };

    let mut head = None;
    let mut response = Payload::Model;
    if ctx_next.is_next() {
        let is_error = match forward(&mut job, parts, payload) {
            // The host cannot send what the guest made, and says so as a proxy does.
            Err(reason) => {
                job.tell(&shared);
                if let Some(reason) = reason {
                    shared.tell(Event::NextFailed(&reason.into()));
                }
                job.exchange.answer(Ok(exchange::Response::with_status(502)));
                false
            }
            Ok(request) => {
                let answer = call(inner, request).await;
                let (error, passing);
                (error, head, passing) = take_answer(&shared, &mut job, answer).await;
                response = passing;
                error
            }
        };
        let ctx = ctx_next.ctx();
        let result;
        (job, result) = enter(&shared, move || {
            let result = job.response_hook(ctx, is_error);
            (job, result)
        })
        .await?;
        job.tell(&shared);
        if let Err(trap) = result {
            shared.tell(Event::Trap(Phase::Response, &trap));
            return Err(Error::Response(trap));
        }
    }
    let finished = job.exchange.finish();
    job.tell(&shared);
    let Some(model) = finished else {
        return Err(Error::Unsendable("it would break the connection".to_owned()));
    };
    convert::to_response(head, model, response, is_head).map_err(Error::Unsendable)
}

fn internal_error() -> Response<Body> {
    let model = guest::internal_error();
    convert::to_response(None, model, Payload::Model, false)
        .unwrap_or_else(|_| convert::plain(StatusCode::INTERNAL_SERVER_ERROR, ""))
}

async fn collect_request(
    shared: &Shared,
    body: Body,
    model: &mut exchange::Request,
    parts: &request::Parts,
) -> Result<(), Response<Body>> {
    let limit = shared.limits.request_body;
    model.chunked = !http_body::Body::is_end_stream(&body)
        && !parts.headers.contains_key(http::header::CONTENT_LENGTH);
    match body.collect_up_to(limit).await {
        Ok((bytes, trailers)) => {
            model.body = bytes.into();
            model.trailers = convert::headers(&trailers);
            Ok(())
        }
        Err(Failure::TooLong) => {
            shared.tell(Event::RequestTooLong(limit));
            Err(convert::plain(StatusCode::PAYLOAD_TOO_LARGE, "the request's body is too large"))
        }
        Err(Failure::Broken(error)) => {
            shared.tell(Event::RequestBroken(&error));
            Err(convert::plain(StatusCode::BAD_REQUEST, "the request's body is broken"))
        }
    }
}

/// The request for the inner service, or the reason why there is none; `None` where the model has
/// already said it.
fn forward(
    job: &mut Job,
    parts: request::Parts,
    payload: Payload,
) -> Result<Request<Body>, Option<String>> {
    let model = job.exchange.forward().ok_or(None)?;
    convert::to_request(parts, model, payload).map_err(Some)
}

async fn call<S, R>(mut inner: S, request: Request<Body>) -> Result<Response<Body>, BoxError>
where
    S: Service<Request<Body>, Response = Response<R>>,
    S::Error: Into<BoxError>,
    R: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
{
    inner.call(request).await.map(|response| response.map(Body::stream)).map_err(Into::into)
}

/// Puts the inner service's answer into the model: all of it where the guest can have to do with
/// the body, else only the head. Tells whether the inner service failed.
async fn take_answer(
    shared: &Shared,
    job: &mut Job,
    answer: Result<Response<Body>, BoxError>,
) -> (bool, Option<http::response::Parts>, Payload) {
    let (parts, body) = match answer {
        Ok(response) => response.into_parts(),
        Err(error) => return (failed(shared, job, &error), None, Payload::Model),
    };
    let mut model = convert::response_head(&parts);
    if !job.exchange.needs_response_body() {
        job.exchange.answer_head(model);
        return (false, Some(parts), Payload::Passing(body));
    }
    let limit = shared.limits.response_body;
    match body.collect_up_to(limit).await {
        Ok((bytes, trailers)) => {
            model.body = bytes.into();
            model.trailers = convert::headers(&trailers);
            job.exchange.answer(Ok(model));
            (false, Some(parts), Payload::Model)
        }
        Err(Failure::TooLong) => {
            shared.tell(Event::ResponseTooLong(limit));
            job.exchange.answer(Ok(exchange::Response::with_status(502)));
            (false, None, Payload::Model)
        }
        Err(Failure::Broken(error)) => (failed(shared, job, &error), None, Payload::Model),
    }
}

fn failed(shared: &Shared, job: &mut Job, error: &BoxError) -> bool {
    shared.tell(Event::NextFailed(error));
    job.exchange.answer(Err(NextError(error.to_string())));
    true
}
