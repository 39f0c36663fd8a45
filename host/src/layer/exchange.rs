//! One exchange through a guest and the service inside it, as steps.
//!
//! The steps are the same for every guest: [`begin`], the request hook, the inner service,
//! [`Pending::respond`]. A hook runs where the step runs, or, where it may have to wait or to run for
//! long, in a future: that is the only difference.

use std::any::Any;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use http::{Method, Request, Response, StatusCode, response};
use http_wasm_abi::{BodyKind, CtxNext, Phase};
use http_wasm_model::exchange::{self, Exchange, Framing, NextError, SetHeaders, Trap};
use http_wasm_model::{Profile, guest};
use tower_service::Service;
use tracing::Instrument as _;

use super::admission::Refused;
use super::body::{Body, BoxError};
use super::faults::{hold, internal_error, request_fault, response_fault};
use super::limits::refuse_headers;
use super::metrics::{Timer, count};
use super::slots::{Lease, Progress, SharedRef};
use super::streams::Streams;
use super::{Error, Event, Shared, convert};
use crate::engine::{Hook, Mode};

/// What comes next for a request.
pub(super) enum Step {
    /// The response. What was not read of the request's body is dropped when somebody asks for the
    /// response: a server closes a connection whose request is dropped before it has looked for more.
    Respond(Result<Response<Body>, Error>, Body),
    /// The inner service is called with the request.
    Forward(Pending),
    /// Something has to be waited for.
    Wait(Wait),
}

/// What has to be waited for.
pub(super) enum Wait {
    /// An instance.
    Instance,
    /// The request hook.
    RequestHook(Box<Task>),
    /// The response hook, without an answer of the inner service.
    ResponseHook(Responding, Body),
}

/// A response that is still to come.
pub(super) type Responding = Pin<Box<dyn Future<Output = Result<Response<Body>, Error>> + Send>>;

/// A response, or one that has to be waited for.
pub(super) enum Responded {
    Ready(Result<Response<Body>, Error>),
    Wait(Responding),
}

/// What the inner service gave.
pub(super) enum Answer {
    Response(Response<Body>),
    Failed(BoxError),
    Panicked(Box<dyn Any + Send>),
}

/// A request in the inner service.
pub(super) enum Pending {
    /// The guest is done, and its instance was given back.
    Headers(PendingHeaders),
    /// The response hook comes next.
    Hook {
        task: Task,
        /// What the guest has replaced of the request's body.
        unread: Body,
        /// What the guest has set for a response of which its hook cannot see or change more than the
        /// status.
        headers: Option<PendingHeaders>,
    },
}

/// The headers that a guest has set for a response that it does not look at.
pub(super) struct PendingHeaders {
    shared: Arc<SharedRef>,
    profile: Profile,
    headers: SetHeaders,
}

/// An instance and the exchange that it works on.
pub(super) struct Task {
    /// Taken out at the end.
    lease: Option<Lease>,
}

/// The failure of an inner service that panicked.
const PANICKED: &str = "it panicked";

/// What is needed for the response besides what the model has.
#[derive(Default)]
struct Conclusion {
    head: Option<response::Parts>,
    framing: Option<Framing>,
    /// What has not been read of the inner service's body.
    body: Body,
    panic: Option<Box<dyn Any + Send>>,
}

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
    let mut task = Task::new(lease, timer, request);
    if task.request_hook_waits() {
        return Step::Wait(Wait::RequestHook(Box::new(task)));
    }
    let result = task.call(Hook::Request);
    task.after_request_hook(result, request)
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
            Step::Wait(Wait::ResponseHook(responding, _)) => return responding.await,
            Step::Wait(Wait::RequestHook(task)) => task.wait_for_request_hook(&mut request).await,
            Step::Wait(Wait::Instance) => match shared.acquire().await {
                Ok(lease) => begin_with(lease, &mut request),
                Err(refused) => return Ok(refuse(&shared, &refused)),
            },
            Step::Forward(pending) => {
                let answer = call(inner, request).await;
                return match pending.respond(answer) {
                    Responded::Ready(response) => response,
                    Responded::Wait(responding) => responding.await,
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
    fn report_failure(&self, shared: &Shared) {
        match self {
            Self::Response(_) => return,
            Self::Failed(error) => shared.emit(Event::NextFailed(error)),
            Self::Panicked(_) => shared.emit(Event::NextFailed(&PANICKED.into())),
        }
        count(&shared.slots.counters().next_failures);
    }

    /// The failure as the model has it.
    fn next_error(&self) -> NextError {
        NextError(match self {
            Self::Failed(error) => error.to_string(),
            Self::Response(_) | Self::Panicked(_) => PANICKED.to_owned(),
        })
    }
}

impl Pending {
    /// Makes the response of the inner service's answer.
    #[inline]
    pub(super) fn respond(self, answer: Answer) -> Responded {
        match self {
            Self::Headers(headers) => {
                answer.report_failure(&headers.shared);
                Responded::Ready(headers.merge(answer))
            }
            Self::Hook { task, unread, headers: Some(headers) } => {
                drop(unread);
                task.respond_with_status(headers, answer)
            }
            Self::Hook { mut task, unread, headers: None } => {
                drop(unread);
                let (conclusion, is_error) = task.take_answer(answer);
                task.respond(conclusion, is_error)
            }
        }
    }
}

impl PendingHeaders {
    /// The inner service's response with these headers.
    fn merge(self, answer: Answer) -> Result<Response<Body>, Error> {
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
        let report = |problem: exchange::Problem| shared.emit(Event::Problem(&problem));
        exchange::add_headers(profile, headers, response.headers_mut(), report)
            .map_err(|header| Error::Unsendable(convert::wrong_header(header)))?;
        Ok(response)
    }
}

impl Task {
    fn new(mut lease: Lease, timer: Timer, request: &mut Request<Body>) -> Self {
        let arrives = !http_body::Body::is_end_stream(request.body());
        let capabilities = lease.guest().capabilities;
        let (exchange, settings) = lease.exchange();
        exchange.begin(settings, arrives, |model| {
            convert::fill_request(request, arrives, capabilities, model);
        });
        let is_head = *request.method() == Method::HEAD;
        *lease.progress() = Progress { pending: None, timer, is_head, arrives, streams: None };
        Self { lease: Some(lease) }
    }

    #[inline]
    fn lease(&mut self) -> &mut Lease {
        match &mut self.lease {
            Some(lease) => lease,
            None => unreachable!("only the end takes the instance out"),
        }
    }

    #[inline]
    fn progress(&mut self) -> &mut Progress {
        self.lease().progress()
    }

    #[inline]
    fn exchange(&mut self) -> &mut Exchange {
        self.lease().exchange().0
    }

    /// Whether the request hook has to be waited for.
    fn request_hook_waits(&mut self) -> bool {
        self.lease().instance().mode() == Mode::Fiber
            || self.progress().arrives && self.exchange().holds_whole(BodyKind::Request)
    }

    /// Calls a hook where it is.
    #[inline]
    fn call(&mut self, hook: Hook) -> Result<u64, Trap> {
        self.hook_begins(hook);
        let result = span(hook).in_scope(|| self.lease().instance().call(hook));
        self.hook_ended(hook, result)
    }

    /// Calls a hook on a stack of its own.
    async fn call_on_fiber(&mut self, hook: Hook) -> Result<u64, Trap> {
        self.hook_begins(hook);
        let mut lent = self.progress().streams.as_mut().map(|streams| streams.lend());
        let called = self.lease().instance().call_on_fiber(hook, &mut lent);
        let result = called.instrument(span(hook)).await;
        if let Some(streams) = &mut self.progress().streams {
            streams.take_back(lent);
        }
        self.hook_ended(hook, result)
    }

    fn hook_begins(&mut self, hook: Hook) {
        self.progress().timer.host_until_now();
        let counters = self.lease().shared().slots.counters();
        count(match hook {
            Hook::Request => &counters.request_hooks,
            Hook::Response { .. } => &counters.response_hooks,
        });
    }

    fn hook_ended(&mut self, hook: Hook, result: Result<u64, Trap>) -> Result<u64, Trap> {
        self.progress().timer.guest_until_now();
        self.emit_records();
        if let Err(trap) = &result {
            let phase = phase(hook);
            self.lease().shared().slots.counters().trap(trap.kind());
            tracing::debug!(%phase, %trap, "the guest trapped");
        }
        result
    }

    /// Hands over what was logged and found since the last time.
    fn emit_records(&mut self) {
        let lease = self.lease();
        if lease.exchange().0.has_records() {
            let shared = Arc::clone(lease.shared());
            emit_records(&shared, lease.exchange().0);
        }
    }

    /// Calls the request hook with a body that may still be arriving.
    async fn wait_for_request_hook(mut self: Box<Self>, request: &mut Request<Body>) -> Step {
        let mut result = Ok(());
        if self.lease().guest().pool.module().waits()
            || self.exchange().holds_whole(BodyKind::Request)
        {
            let body = std::mem::take(request.body_mut());
            let timeout = self.lease().shared().body_read_timeout;
            let mut streams = Box::new(Streams::new(body, timeout));
            if self.progress().arrives && self.exchange().holds_whole(BodyKind::Request) {
                result = hold(self.exchange(), &mut streams, BodyKind::Request).await;
            }
            self.progress().streams = Some(streams);
        }
        let result = match result {
            Ok(()) => self.call_on_fiber(Hook::Request).await,
            Err(trap) => Err(trap),
        };
        if let Some(streams) = &mut self.progress().streams {
            *request.body_mut() = streams.take(BodyKind::Request);
        }
        self.after_request_hook(result, request)
    }

    /// What comes after the request hook.
    fn after_request_hook(
        mut self,
        result: Result<u64, Trap>,
        request: &mut Request<Body>,
    ) -> Step {
        let result = result
            .and_then(|bits| guest::checked(CtxNext::from_bits(bits), self.exchange()))
            .inspect_err(|trap| self.note_garbage(trap));
        match result {
            Err(trap) => {
                let fault =
                    self.progress().streams.as_mut().and_then(|streams| streams.fault.take());
                let response = request_fault(self.lease().shared(), fault, &trap);
                Step::Respond(Ok(response), std::mem::take(request.body_mut()))
            }
            Ok(ctx_next) if !ctx_next.is_next() => {
                count(&self.lease().shared().slots.counters().stopped);
                let response = self.finish(Conclusion::default());
                Step::Respond(response, std::mem::take(request.body_mut()))
            }
            Ok(ctx_next) => self.forward(ctx_next.ctx(), request),
        }
    }

    /// Makes the request into what the inner service gets. What the host cannot send is a 502, as of a
    /// proxy, which the guest sees as any other answer.
    fn forward(mut self, ctx: u32, request: &mut Request<Body>) -> Step {
        let capabilities = self.lease().guest().capabilities;
        let is_done = capabilities.has_noop_response_hook;
        let keeps = capabilities.reads_request_late && !is_done;
        let exchange = self.exchange();
        let framing = exchange.take_sent_framing();
        let forwarded = exchange.forward_head(keeps);
        let forwarded = forwarded.ok_or(None).and_then(|forwarded| {
            convert::forward_request(request, forwarded, framing, capabilities).map_err(Some)
        });
        match forwarded {
            Ok(unread) => {
                let headers = self.pending_headers();
                self.emit_records();
                match headers {
                    Some(headers) if is_done => {
                        let counters = headers.shared.slots.counters();
                        count(&counters.response_hooks);
                        counters.end(&mut self.progress().timer);
                        self.release();
                        Step::Forward(Pending::Headers(headers))
                    }
                    headers => {
                        self.progress().pending = Some(ctx);
                        self.progress().timer.host_until_now();
                        Step::Forward(Pending::Hook { task: self, unread, headers })
                    }
                }
            }
            Err(reason) => {
                self.progress().pending = Some(ctx);
                self.emit_records();
                if let Some(reason) = reason {
                    self.lease().shared().emit(Event::NextFailed(&reason.into()));
                }
                self.exchange().answer(Ok(exchange::Response::with_status(502)));
                let unread = std::mem::take(request.body_mut());
                match self.respond(Conclusion::default(), false) {
                    Responded::Ready(response) => Step::Respond(response, unread),
                    Responded::Wait(responding) => {
                        Step::Wait(Wait::ResponseHook(responding, unread))
                    }
                }
            }
        }
    }

    /// The headers that the guest has set for the response, where its response hook can neither see nor
    /// change more of it than the status. Then the model need not have it.
    fn pending_headers(&mut self) -> Option<PendingHeaders> {
        let guest = self.lease().guest();
        let looks = guest.capabilities.reads_headers_late || guest.pool.module().waits();
        let is_done = guest.capabilities.has_noop_response_hook;
        let exchange = self.exchange();
        let is_hidden = is_done || !looks && !exchange.buffers_response();
        if !is_hidden || !exchange.has_set_headers_only() {
            return None;
        }
        let (profile, headers) = (exchange.settings().profile, exchange.take_response_headers());
        let shared = Arc::clone(self.lease().shared());
        Some(PendingHeaders { shared, profile, headers })
    }

    /// Calls the response hook with no more of the inner service's answer than its status, and makes the
    /// response.
    fn respond_with_status(mut self, headers: PendingHeaders, answer: Answer) -> Responded {
        self.progress().timer.others_until_now();
        answer.report_failure(&headers.shared);
        let is_error = match &answer {
            Answer::Response(response) => {
                let model = exchange::Response::with_status(response.status().as_u16());
                self.exchange().answer_head(model);
                false
            }
            failure => {
                self.exchange().answer(Err(failure.next_error()));
                true
            }
        };
        let req_ctx = self.progress().pending.take().unwrap_or_default();
        let hook = Hook::Response { req_ctx, is_error };
        if self.lease().instance().mode() == Mode::Fiber {
            return Responded::Wait(Box::pin(async move {
                let result = self.call_on_fiber(hook).await;
                self.conclude_with_headers(headers, answer, result)
            }));
        }
        let result = self.call(hook);
        Responded::Ready(self.conclude_with_headers(headers, answer, result))
    }

    fn conclude_with_headers(
        mut self,
        headers: PendingHeaders,
        answer: Answer,
        result: Result<u64, Trap>,
    ) -> Result<Response<Body>, Error> {
        let mut timer = std::mem::take(&mut self.progress().timer);
        headers.shared.slots.counters().end(&mut timer);
        self.release();
        match (result, answer) {
            (Err(trap), Answer::Response(_) | Answer::Failed(_)) => {
                response_fault(&headers.shared, None, trap)
            }
            (_, answer) => headers.merge(answer),
        }
    }

    /// Puts the inner service's answer into the model; also says whether the service failed.
    fn take_answer(&mut self, answer: Answer) -> (Conclusion, bool) {
        self.progress().timer.others_until_now();
        let mut conclusion = Conclusion::default();
        if !matches!(answer, Answer::Response(_)) {
            let shared = Arc::clone(self.lease().shared());
            answer.report_failure(&shared);
            self.exchange().answer(Err(answer.next_error()));
        }
        match answer {
            Answer::Response(response) => {
                let (mut parts, body) = response.into_parts();
                let model = convert::response_head(&mut parts);
                let writes = self.lease().guest().capabilities.writes_headers;
                if writes && self.exchange().may_frame_response() {
                    conclusion.framing = Some(Framing::of(&model.headers));
                }
                self.exchange().answer_head(model);
                conclusion.head = Some(parts);
                conclusion.body = body;
                return (conclusion, false);
            }
            Answer::Failed(_) => {}
            Answer::Panicked(panic) => conclusion.panic = Some(panic),
        }
        (conclusion, true)
    }

    /// Calls the response hook, and makes the response.
    fn respond(mut self, conclusion: Conclusion, is_error: bool) -> Responded {
        let Some(req_ctx) = self.progress().pending.take() else {
            return Responded::Ready(self.finish(conclusion));
        };
        let hook = Hook::Response { req_ctx, is_error };
        if self.lease().guest().capabilities.has_noop_response_hook {
            count(&self.lease().shared().slots.counters().response_hooks);
            return Responded::Ready(self.conclude(conclusion, Ok(0)));
        }
        let holds = conclusion.head.is_some() && self.exchange().holds_whole(BodyKind::Response);
        if holds || self.lease().instance().mode() == Mode::Fiber {
            return Responded::Wait(Box::pin(self.respond_on_fiber(hook, conclusion, holds)));
        }
        let result = self.call(hook);
        Responded::Ready(self.conclude(conclusion, result))
    }

    /// Calls the response hook with a body that may still be arriving, and makes the response.
    async fn respond_on_fiber(
        mut self,
        hook: Hook,
        mut conclusion: Conclusion,
        holds: bool,
    ) -> Result<Response<Body>, Error> {
        let mut result = Ok(());
        if holds || self.lease().guest().pool.module().waits() {
            let timeout = self.lease().shared().body_read_timeout;
            let mut streams = self
                .progress()
                .streams
                .take()
                .unwrap_or_else(|| Box::new(Streams::new(Body::empty(), timeout)));
            streams.set_response(std::mem::take(&mut conclusion.body));
            if holds {
                result = hold(self.exchange(), &mut streams, BodyKind::Response).await;
            }
            self.progress().streams = Some(streams);
        }
        let result = match result {
            Ok(()) => self.call_on_fiber(hook).await,
            Err(trap) => Err(trap),
        };
        if let Some(streams) = &mut self.progress().streams {
            conclusion.body = streams.take(BodyKind::Response);
        }
        self.conclude(conclusion, result)
    }

    /// Makes the response after the response hook.
    fn conclude(
        mut self,
        mut conclusion: Conclusion,
        result: Result<u64, Trap>,
    ) -> Result<Response<Body>, Error> {
        if let Some(panic) = conclusion.panic.take() {
            self.release();
            std::panic::resume_unwind(panic);
        }
        match result {
            Ok(_) => self.finish(conclusion),
            Err(trap) => {
                let fault =
                    self.progress().streams.as_mut().and_then(|streams| streams.fault.take());
                response_fault(self.lease().shared(), fault, trap)
            }
        }
    }

    /// The response, as the guest has left it.
    fn finish(mut self, conclusion: Conclusion) -> Result<Response<Body>, Error> {
        let exchange = self.exchange();
        let finished = exchange.finish_head();
        exchange.forget_request_body();
        self.emit_records();
        let mut timer = std::mem::take(&mut self.progress().timer);
        self.lease().shared().slots.counters().end(&mut timer);
        let is_head = self.progress().is_head;
        self.release();
        let Some((model, rest)) = finished else {
            return Err(Error::Unsendable("it would break the connection".to_owned()));
        };
        let Conclusion { head, framing, body, .. } = conclusion;
        convert::to_response(head, model, rest, framing, body, is_head).map_err(Error::Unsendable)
    }

    /// Counts a result of the request hook that is not valid as the trap that it is.
    fn note_garbage(&mut self, trap: &Trap) {
        if self.lease().instance().has_trapped() {
            return;
        }
        self.lease().shared().slots.counters().trap(trap.kind());
    }

    fn release(&mut self) {
        if let Some(lease) = self.lease.take() {
            lease.release();
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        let Some(mut lease) = self.lease.take() else { return };
        // An observer panicked, amid an exchange.
        if std::thread::panicking() {
            return lease.discard();
        }
        let Some(req_ctx) = lease.progress().pending.take() else { return lease.release() };
        // The client went away. The guest learns that the exchange is over, as the ABI says.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return lease.discard() };
        count(&lease.shared().slots.counters().cancelled);
        runtime.spawn(async move {
            let shared = Arc::clone(lease.shared());
            count(&shared.slots.counters().response_hooks);
            let next_error = NextError("the request was cancelled".to_owned());
            lease.exchange().0.answer(Err(next_error));
            let hook = Hook::Response { req_ctx, is_error: true };
            let result = match lease.guest().capabilities.has_noop_response_hook {
                true => Ok(0),
                false => lease.instance().call_on_fiber(hook, &mut None).await,
            };
            emit_records(&shared, lease.exchange().0);
            if let Err(trap) = result {
                shared.slots.counters().trap(trap.kind());
                shared.emit(Event::Trap(Phase::Response, &trap));
            }
            lease.release();
        });
    }
}

fn emit_records(shared: &Shared, exchange: &mut Exchange) {
    let (logs, calls, problems) = exchange.take_records();
    for call in &calls {
        shared.emit(Event::Call(call));
    }
    shared.emit_logs(&logs);
    for problem in &problems {
        shared.emit(Event::Problem(problem));
    }
}

const fn phase(hook: Hook) -> Phase {
    match hook {
        Hook::Request => Phase::Request,
        Hook::Response { .. } => Phase::Response,
    }
}

fn span(hook: Hook) -> tracing::Span {
    match hook {
        Hook::Request => tracing::debug_span!("hook", phase = %Phase::Request),
        Hook::Response { is_error, .. } => {
            tracing::debug_span!("hook", phase = %Phase::Response, is_error)
        }
    }
}
