//! The steps of an exchange up to the inner service, and its end.

use std::sync::Arc;

use http::{Method, Request, Response};
use http_wasm_abi::{BodyKind, CtxNext, Phase};
use http_wasm_model::exchange::{Exchange, NextError, Trap};
use http_wasm_model::{exchange, guest};
use tracing::Instrument as _;

use super::answer::{Answer, PendingHeaders};
use super::body::Body;
use super::faults::{hold, request_fault};
use super::metrics::{Timer, count};
use super::slots::{Lease, Progress};
use super::streams::Streams;
use super::{Error, Event, Shared, convert};
use crate::engine::{Bodies, Hook, Mode};

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

/// The host cannot send the request. The guest sees a 502 as the answer, and its response hook comes next.
pub(super) struct Unsendable {
    pub(super) task: Task,
    /// What was not read of the request's body.
    pub(super) unread: Body,
}

/// What has to be waited for.
pub(super) enum Wait {
    /// An instance.
    Instance,
    /// The request hook.
    RequestHook(Task),
    /// The response hook, without an answer of the inner service.
    ResponseHook(Responding, Body),
}

/// A response hook that is still to be called, on a fiber, and the response after it.
pub(super) struct Responding {
    pub(super) task: Task,
    pub(super) hook: Hook,
    /// The headers and the answer, where the model has no more than the status of it.
    pub(super) apart: Option<Box<(PendingHeaders, Answer)>>,
    /// The body has to be all there first.
    pub(super) holds: bool,
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

/// An instance and the exchange that it works on.
pub(super) struct Task {
    /// Taken out at the end.
    lease: Option<Lease>,
}

impl Task {
    pub(super) fn new(mut lease: Lease, timer: Timer, request: &mut Request<Body>) -> Self {
        let arrives = !http_body::Body::is_end_stream(request.body());
        let capabilities = lease.guest().capabilities;
        let (exchange, settings) = lease.exchange();
        exchange.begin(settings, arrives, |model| {
            convert::fill_request(request, arrives, capabilities, model);
        });
        let is_head = *request.method() == Method::HEAD;
        let progress = lease.progress();
        let streams = progress.streams.take();
        *progress = Progress { timer, is_head, arrives, streams, ..Progress::default() };
        Self { lease: Some(lease) }
    }

    #[inline]
    pub(super) fn lease(&mut self) -> &mut Lease {
        match &mut self.lease {
            Some(lease) => lease,
            None => unreachable!("only the end takes the instance out"),
        }
    }

    #[inline]
    pub(super) fn progress(&mut self) -> &mut Progress {
        self.lease().progress()
    }

    #[inline]
    pub(super) fn exchange(&mut self) -> &mut Exchange {
        self.lease().exchange().0
    }

    /// Whether the request hook has to be waited for.
    pub(super) fn request_hook_waits(&mut self) -> bool {
        self.lease().instance().mode() == Mode::Fiber
            || self.progress().arrives && self.exchange().holds_whole(BodyKind::Request)
    }

    /// Calls a hook where it is.
    #[inline]
    pub(super) fn call(&mut self, hook: Hook) -> Result<u64, Trap> {
        self.hook_begins(hook);
        let result = span(hook).in_scope(|| self.lease().instance().call(hook));
        self.hook_ended(hook, result)
    }

    /// Calls a hook on a stack of its own.
    pub(super) async fn call_on_fiber(&mut self, hook: Hook) -> Result<u64, Trap> {
        self.hook_begins(hook);
        let mut lent = self.progress().streams.take().map(|streams| streams as Box<dyn Bodies>);
        let called = self.lease().instance().call_on_fiber(hook, &mut lent);
        let result = called.instrument(span(hook)).await;
        self.progress().streams = lent.and_then(Streams::from_lent);
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
    pub(super) async fn wait_for_request_hook(
        mut self,
        request: &mut Request<Body>,
    ) -> Result<Step, Unsendable> {
        let mut result = Ok(());
        if self.lease().guest().pool.module().waits()
            || self.exchange().holds_whole(BodyKind::Request)
        {
            let mut streams = self.take_streams();
            streams.begin(std::mem::take(request.body_mut()));
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

    /// The bodies, for a guest that may wait for them.
    pub(super) fn take_streams(&mut self) -> Box<Streams> {
        let streams = self.progress().streams.take();
        streams.unwrap_or_else(|| Box::new(Streams::new(self.lease().shared())))
    }

    /// What comes after the request hook.
    pub(super) fn after_request_hook(
        mut self,
        result: Result<u64, Trap>,
        request: &mut Request<Body>,
    ) -> Result<Step, Unsendable> {
        let result = result
            .and_then(|bits| guest::checked(CtxNext::from_bits(bits), self.exchange()))
            .inspect_err(|trap| self.note_garbage(trap));
        match result {
            Err(trap) => {
                let fault =
                    self.progress().streams.as_mut().and_then(|streams| streams.fault.take());
                let response = request_fault(self.lease().shared(), fault, &trap);
                Ok(Step::Respond(Ok(response), std::mem::take(request.body_mut())))
            }
            Ok(ctx_next) if !ctx_next.is_next() => {
                count(&self.lease().shared().slots.counters().stopped);
                let response = self.finish();
                Ok(Step::Respond(response, std::mem::take(request.body_mut())))
            }
            Ok(ctx_next) => self.forward(ctx_next.ctx(), request),
        }
    }

    /// Makes the request into what the inner service gets. What the host cannot send is a 502, as of a
    /// proxy, which the guest sees as any other answer.
    fn forward(mut self, ctx: u32, request: &mut Request<Body>) -> Result<Step, Unsendable> {
        let capabilities = self.lease().guest().capabilities;
        let is_done = capabilities.has_noop_response_hook;
        let keeps = capabilities.reads_request_late && !is_done;
        let exchange = self.exchange();
        let forwarded = exchange.forward_head(keeps);
        let forwarded = forwarded.ok_or(None).and_then(|forwarded| {
            convert::forward_request(request, forwarded, capabilities).map_err(Some)
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
                        Ok(Step::Forward(Pending::Headers(headers)))
                    }
                    headers => {
                        self.progress().pending = Some(ctx);
                        self.progress().timer.host_until_now();
                        Ok(Step::Forward(Pending::Hook { task: self, unread, headers }))
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
                Err(Unsendable { task: self, unread: std::mem::take(request.body_mut()) })
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

    /// The response, as the guest has left it.
    pub(super) fn finish(mut self) -> Result<Response<Body>, Error> {
        let progress = self.progress();
        let (response, is_head) = (progress.response.take(), progress.is_head);
        let exchange = self.exchange();
        let response = match exchange.finish_head() {
            Some(finished) => convert::to_response(response.unwrap_or_default(), finished, is_head),
            None => Err("it would break the connection".to_owned()),
        };
        exchange.forget_request_body();
        self.emit_records();
        let mut timer = std::mem::take(&mut self.progress().timer);
        self.lease().shared().slots.counters().end(&mut timer);
        self.release();
        response.map_err(Error::Unsendable)
    }

    /// Counts a result of the request hook that is not valid as the trap that it is.
    fn note_garbage(&mut self, trap: &Trap) {
        if self.lease().instance().has_trapped() {
            return;
        }
        self.lease().shared().slots.counters().trap(trap.kind());
    }

    pub(super) fn release(&mut self) {
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
