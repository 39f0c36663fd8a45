//! An instance, the exchange that it works on, and what is owed to both when a request is given up.

use std::sync::Arc;

use http_wasm_abi::{CtxNext, Phase};
use tokio::sync::OwnedSemaphorePermit;
use tracing::Instrument as _;

use super::metrics::{Timer, count};
use super::streams::Streams;
use super::{Event, Served, Shared};
use crate::engine::{Instance, Pinned, Pool, StartError};
use crate::exchange::{Exchange, NextError, Request, Rest, Trap};
use crate::guest;

/// An instance and what it is working on.
pub(super) struct Job {
    shared: Arc<Shared>,
    served: Arc<Served>,
    /// `None` once it is done.
    work: Option<Work>,
}

struct Work {
    pinned: Pinned<Arc<Pool>>,
    _permit: OwnedSemaphorePermit,
    exchange: Exchange,
    /// The request hook said to go on with this ctx, and the response hook has not been called.
    owed: Option<u32>,
    timer: Timer,
}

impl Job {
    pub(super) async fn start(
        shared: Arc<Shared>,
        served: Arc<Served>,
        permit: OwnedSemaphorePermit,
        request: Request,
        arrives: bool,
        timer: Timer,
    ) -> Result<Self, StartError> {
        let mut pinned = Arc::clone(&served.pool).take_owned().await?;
        shared.tell_logs(&pinned.take_start_logs());
        let (_, settings) = pinned.instance();
        let settings = Arc::clone(settings);
        let mut exchange = if arrives {
            Exchange::for_request_head(settings, request)
        } else {
            Exchange::for_request(settings, request)
        };
        if served.forgets_request {
            exchange.give_request_away();
        }
        let work = Work { pinned, _permit: permit, exchange, owed: None, timer };
        Ok(Self { shared, served, work: Some(work) })
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

    pub(super) fn exchange(&mut self) -> &mut Exchange {
        &mut self.work().exchange
    }

    pub(super) fn timer(&mut self) -> &mut Timer {
        &mut self.work().timer
    }

    pub(super) async fn request_hook(&mut self, streams: &mut Streams) -> Result<CtxNext, Trap> {
        count(&self.shared.counters.request_hooks);
        let waits = self.served.pool.module().waits();
        let work = self.work();
        work.timer.host_until_now();
        let mut lent = waits.then(|| streams.lend());
        let (instance, _) = work.pinned.instance();
        let span = tracing::debug_span!("hook", phase = %Phase::Request);
        let hook = instance.handle_request_streaming(&mut work.exchange, &mut lent);
        let result = hook.instrument(span).await;
        if waits {
            streams.take_back(lent);
        }
        work.timer.guest_until_now();
        let result = result.and_then(|result| guest::checked(result, &work.exchange));
        if let Ok(result) = &result {
            work.owed = result.is_next().then(|| result.ctx());
        }
        self.ended(Phase::Request, result)
    }

    pub(super) async fn response_hook(
        &mut self,
        streams: &mut Streams,
        is_error: bool,
    ) -> Result<(), Trap> {
        let waits = self.served.pool.module().waits();
        let shared = Arc::clone(&self.shared);
        let work = self.work();
        let Some(ctx) = work.owed.take() else { return Ok(()) };
        count(&shared.counters.response_hooks);
        work.timer.host_until_now();
        let mut lent = waits.then(|| streams.lend());
        let (instance, _) = work.pinned.instance();
        let result = response_hook(instance, &mut work.exchange, &mut lent, ctx, is_error).await;
        if waits {
            streams.take_back(lent);
        }
        work.timer.guest_until_now();
        self.ended(Phase::Response, result)
    }

    fn ended<R>(&mut self, phase: Phase, result: Result<R, Trap>) -> Result<R, Trap> {
        self.tell();
        if let Err(trap) = &result {
            self.shared.counters.trap(trap.kind());
            tracing::debug!(%phase, %trap, "the guest trapped");
        }
        result
    }

    /// Hands over what was logged and found since the last time.
    pub(super) fn tell(&mut self) {
        let shared = Arc::clone(&self.shared);
        tell(&shared, self.exchange());
    }

    /// What the client gets.
    pub(super) fn finish(mut self) -> Option<(crate::exchange::Response, Rest)> {
        let finished = self.exchange().finish_head();
        self.tell();
        let shared = Arc::clone(&self.shared);
        shared.counters.end(self.timer());
        finished
    }
}

async fn response_hook(
    instance: &mut Instance,
    exchange: &mut Exchange,
    lent: &mut Option<Box<dyn crate::engine::Bodies>>,
    ctx: u32,
    is_error: bool,
) -> Result<(), Trap> {
    let span = tracing::debug_span!("hook", phase = %Phase::Response, is_error);
    instance.handle_response_streaming(exchange, lent, ctx, is_error).instrument(span).await
}

fn tell(shared: &Shared, exchange: &mut Exchange) {
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
            work.exchange.answer(Err(NextError("the request was given up".to_owned())));
            count(&shared.counters.response_hooks);
            let (instance, _) = work.pinned.instance();
            let result = response_hook(instance, &mut work.exchange, &mut None, ctx, true).await;
            tell(&shared, &mut work.exchange);
            if let Err(trap) = result {
                shared.counters.trap(trap.kind());
                shared.tell(Event::Trap(Phase::Response, &trap));
            }
        });
    }
}
