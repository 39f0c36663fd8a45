//! An instance at work on an exchange, and what is owed to it when the request is given up.

use std::sync::Arc;

use http_wasm_abi::{CtxNext, Phase};
use tracing::Instrument as _;

use super::admission::Permit;
use super::body::Body;
use super::convert::Unseen;
use super::lane::Kept;
use super::metrics::{Timer, count};
use super::streams::Streams;
use super::{Event, Served, Shared, convert};
use crate::engine::{Pinned, Pool, StartError};
use http_wasm_model::exchange::{Exchange, NextError, Response, Rest, Trap};
use http_wasm_model::guest;

/// An instance and what it is working on.
pub(super) struct Job {
    shared: Arc<Shared>,
    served: Arc<Served>,
    timer: Timer,
    /// `None` once it is done.
    work: Option<Work>,
}

struct Work {
    pinned: Pinned<Arc<Pool>>,
    _permit: Permit,
    /// The request hook said to go on with this ctx, and the response hook has not been called.
    owed: Option<u32>,
}

impl Job {
    /// A job for an instance that is idle, or for a new one.
    pub(super) async fn start(
        shared: Arc<Shared>,
        served: Arc<Served>,
        permit: Permit,
        timer: Timer,
    ) -> Result<Self, StartError> {
        let mut pinned = Arc::clone(&served.pool).take_owned().await?;
        shared.tell_logs(&pinned.take_start_logs());
        let work = Work { pinned, _permit: permit, owed: None };
        Ok(Self { shared, served, timer, work: Some(work) })
    }

    /// A job for an instance that is idle and can be had at once, if there is one.
    pub(super) fn try_start(shared: &Arc<Shared>, served: &Arc<Served>) -> Option<Self> {
        let permit = shared.admission.try_admit()?;
        let mut pinned = served.pool.try_take_owned()?;
        shared.tell_logs(&pinned.take_start_logs());
        let work = Work { pinned, _permit: permit, owed: None };
        let timer = shared.counters.begin();
        let (shared, served) = (Arc::clone(shared), Arc::clone(served));
        Some(Self { shared, served, timer, work: Some(work) })
    }

    /// A job for an instance that was in a lane, after its request hook.
    pub(super) fn of_lane(
        shared: &Arc<Shared>,
        kept: Kept,
        timer: Timer,
        result: &Result<CtxNext, Trap>,
    ) -> Self {
        let Kept { served, pinned } = kept;
        let owed = result.as_ref().ok().and_then(owed);
        let work = Work { pinned, _permit: shared.admission.admit_reserved(), owed };
        Self { shared: Arc::clone(shared), served, timer, work: Some(work) }
    }

    /// Begins with a request, whose body may still be arriving.
    pub(super) fn begin(&mut self, request: &mut http::Request<Body>, arrives: bool) {
        let Some(Work { pinned, .. }) = &mut self.work else { return };
        begin(&self.served, self.served.unseen, pinned, request, arrives);
    }

    fn work(&mut self) -> &mut Work {
        match &mut self.work {
            Some(work) => work,
            None => unreachable!("only the end takes the work out"),
        }
    }

    pub(super) fn served(&self) -> &Served {
        &self.served
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(super) fn exchange(&mut self) -> &mut Exchange {
        self.work().pinned.at_work().1
    }

    pub(super) const fn timer(&mut self) -> &mut Timer {
        &mut self.timer
    }

    pub(super) async fn request_hook(&mut self, streams: &mut Streams) -> Result<CtxNext, Trap> {
        self.timer.host_until_now();
        count(&self.shared.counters.request_hooks);
        let mut lent = self.served.pool.module().waits().then(|| streams.lend());
        let (instance, exchange) = self.work().pinned.at_work();
        let span = tracing::debug_span!("hook", phase = %Phase::Request);
        let hook = instance.handle_request_streaming(exchange, &mut lent);
        let result = hook.instrument(span).await;
        if lent.is_some() {
            streams.take_back(lent);
        }
        self.request_hook_ended(result)
    }

    /// As [`Self::request_hook`], for a guest that can be called directly.
    pub(super) fn request_hook_directly(&mut self) -> Result<CtxNext, Trap> {
        self.timer.host_until_now();
        count(&self.shared.counters.request_hooks);
        let _span = tracing::debug_span!("hook", phase = %Phase::Request).entered();
        let (instance, exchange) = self.work().pinned.at_work();
        let result = instance.handle_request_directly(exchange);
        self.request_hook_ended(result)
    }

    fn request_hook_ended(&mut self, result: Result<CtxNext, Trap>) -> Result<CtxNext, Trap> {
        self.timer.guest_until_now();
        let result = result.and_then(|result| guest::checked(result, self.exchange()));
        self.work().owed = result.as_ref().ok().and_then(owed);
        self.tell();
        count_request_hook(&self.shared, &result);
        result
    }

    pub(super) async fn response_hook(
        &mut self,
        streams: &mut Streams,
        is_error: bool,
    ) -> Result<(), Trap> {
        let Some(ctx) = self.response_hook_begins() else { return Ok(()) };
        let mut lent = self.served.pool.module().waits().then(|| streams.lend());
        let (instance, exchange) = self.work().pinned.at_work();
        let span = tracing::debug_span!("hook", phase = %Phase::Response, is_error);
        let hook = instance.handle_response_streaming(exchange, &mut lent, ctx, is_error);
        let result = hook.instrument(span).await;
        if lent.is_some() {
            streams.take_back(lent);
        }
        self.response_hook_ended(result)
    }

    /// As [`Self::response_hook`], for a guest that can be called directly.
    pub(super) fn response_hook_directly(&mut self, is_error: bool) -> Result<(), Trap> {
        let Some(ctx) = self.response_hook_begins() else { return Ok(()) };
        let _span = tracing::debug_span!("hook", phase = %Phase::Response, is_error).entered();
        let (instance, exchange) = self.work().pinned.at_work();
        let result = instance.handle_response_directly(exchange, ctx, is_error);
        self.response_hook_ended(result)
    }

    fn response_hook_begins(&mut self) -> Option<u32> {
        let ctx = self.work().owed.take()?;
        self.timer.host_until_now();
        count(&self.shared.counters.response_hooks);
        Some(ctx)
    }

    fn response_hook_ended(&mut self, result: Result<(), Trap>) -> Result<(), Trap> {
        self.timer.guest_until_now();
        self.tell();
        if let Err(trap) = &result {
            count_trap(&self.shared, Phase::Response, trap);
        }
        result
    }

    /// Hands over what was logged and found since the last time.
    pub(super) fn tell(&mut self) {
        let Some(Work { pinned, .. }) = &mut self.work else { return };
        tell(&self.shared, pinned.at_work().1);
    }

    /// What the client gets.
    pub(super) fn finish(mut self) -> Option<(Response, Rest)> {
        let finished = self.exchange().finish_head();
        self.tell();
        self.exchange().forget_request_body();
        self.shared.counters.end(&mut self.timer);
        finished
    }
}

/// Begins the exchange of an instance with a request.
pub(super) fn begin(
    served: &Served,
    unseen: Unseen,
    pinned: &mut Pinned<Arc<Pool>>,
    request: &mut http::Request<Body>,
    arrives: bool,
) {
    let (exchange, settings) = pinned.room();
    exchange.begin(settings, arrives, |model| {
        convert::fill_request(request, arrives, unseen, model);
    });
    if served.forgets_request {
        exchange.give_request_away();
    }
}

/// The ctx for the response hook, if that is owed after this result of the request hook.
fn owed(result: &CtxNext) -> Option<u32> {
    result.is_next().then(|| result.ctx())
}

/// Counts what a request hook has ended with.
pub(super) fn count_request_hook(shared: &Shared, result: &Result<CtxNext, Trap>) {
    match result {
        Ok(result) if result.is_next() => {}
        Ok(_) => count(&shared.counters.stopped),
        Err(trap) => count_trap(shared, Phase::Request, trap),
    }
}

fn count_trap(shared: &Shared, phase: Phase, trap: &Trap) {
    shared.counters.trap(trap.kind());
    tracing::debug!(%phase, %trap, "the guest trapped");
}

/// Hands over what was logged and found since the last time.
#[inline]
pub(super) fn tell(shared: &Shared, exchange: &mut Exchange) {
    if !exchange.has_records() {
        return;
    }
    let (logs, calls, problems) = exchange.take_records();
    for call in &calls {
        shared.tell(Event::Call(call));
    }
    shared.tell_logs(&logs);
    for problem in &problems {
        shared.tell(Event::Problem(problem));
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        let Some(mut work) = self.work.take() else { return };
        let (Some(ctx), false) = (work.owed.take(), std::thread::panicking()) else { return };
        // Nobody waits for the answer any more, and the guest still has to know that it is over.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            work.pinned.discard();
            return;
        };
        let shared = Arc::clone(&self.shared);
        count(&shared.counters.given_up);
        runtime.spawn(async move {
            count(&shared.counters.response_hooks);
            let (instance, exchange) = work.pinned.at_work();
            exchange.answer(Err(NextError("the request was given up".to_owned())));
            let mut no_bodies = None;
            let hook = instance.handle_response_streaming(exchange, &mut no_bodies, ctx, true);
            let result = hook.await;
            tell(&shared, exchange);
            if let Err(trap) = result {
                shared.counters.trap(trap.kind());
                shared.tell(Event::Trap(Phase::Response, &trap));
            }
        });
    }
}
