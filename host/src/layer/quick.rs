//! An exchange in a lane: of a guest that is done with the request when its request hook ends, and has
//! changed at most the heads of both messages.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_wasm_abi::{CtxNext, Phase};

use super::body::{Body, BoxError};
use super::convert;
use super::job::{self, Job};
use super::lane::{Entered, Kept};
use super::limits::refuse_headers;
use super::metrics::{count, count_alone};
use super::{Error, Event, Shared};
use http_wasm_model::Profile;
use http_wasm_model::exchange::{self, Few, Framing, Headers, Problem, Trap};
use http_wasm_model::guest;

/// How a request begins on the fast path.
pub(super) enum Begun {
    /// It has its response.
    Ended(Result<Response<Body>, Error>),
    /// It is forwarded as it now is, and the guest is done with it.
    Passes(Head),
    /// It leaves the fast path after its request hook, which gave this result.
    Leaves(Box<Job>, Result<CtxNext, Trap>),
}

/// What a guest has left that is done with a request.
pub(super) struct Head {
    shared: Arc<Shared>,
    profile: Profile,
    /// What it has set for the response.
    headers: Few,
}

/// Begins an exchange, which goes on as any other where the guest wants more than that.
#[inline]
pub(super) fn begin(
    shared: &Arc<Shared>,
    mut entered: Entered<'_>,
    request: &mut Request<Body>,
) -> Begun {
    let counters = entered.counters();
    let mut timer = counters.begin_alone();
    let Kept { served, pinned } = entered.kept();
    if let Err(refused) = refuse_headers(shared, &served.pool, request.headers()) {
        return Begun::Ended(Ok(*refused));
    }
    let arrives = !http_body::Body::is_end_stream(request.body());
    let unseen = served.unseen_in_lane;
    job::begin(served, unseen, pinned, request, arrives);
    timer.host_until_now();
    count_alone(&counters.request_hooks);
    let (instance, exchange) = pinned.at_work();
    let span = tracing::debug_span!("hook", phase = %Phase::Request);
    let result = span.in_scope(|| instance.handle_request_directly(exchange));
    timer.guest_until_now();
    let result = result.and_then(|result| guest::checked(result, exchange));
    job::tell(shared, exchange);
    let passes = matches!(&result, Ok(ctx_next) if ctx_next.is_next()) && exchange.passes();
    if !passes {
        if unseen.line {
            exchange.set_line(|model| convert::fill_line(request, model));
        }
        job::count_request_hook(shared, &result);
        let job = Job::of_lane(shared, entered.leave(), timer, &result);
        return Begun::Leaves(Box::new(job), result);
    }
    let model = exchange.request_mut();
    let passed = convert::pass_request(request, model, served.writes_line, unseen);
    let headers = exchange.take_response_headers();
    let profile = exchange.settings().profile;
    count_alone(&counters.response_hooks);
    counters.end(&mut timer);
    drop(entered);
    match passed {
        Ok(()) => Begun::Passes(Head { shared: Arc::clone(shared), profile, headers }),
        Err(reason) => {
            shared.tell(Event::NextFailed(&reason.into()));
            let answer = convert::plain(StatusCode::BAD_GATEWAY, "bad gateway");
            Begun::Ended(Ok(answer))
        }
    }
}

impl Head {
    /// What becomes of the inner service's answer: where that fails, a plain 502.
    pub(super) fn end<R, E>(
        &mut self,
        answer: Result<Response<R>, E>,
    ) -> Result<Response<Body>, Error>
    where
        R: http_body::Body<Data = Bytes> + Send + 'static,
        R::Error: Into<BoxError>,
        E: Into<BoxError>,
    {
        let mut response = match answer {
            Ok(response) => response.map(Body::stream),
            Err(error) => self.failed(&error.into()),
        };
        self.merge(response.headers_mut())?;
        Ok(response)
    }

    fn failed(&self, error: &BoxError) -> Response<Body> {
        count(&self.shared.counters.next_failures);
        self.shared.tell(Event::NextFailed(error));
        let mut failed = Response::new(Body::empty());
        *failed.status_mut() = exchange::failed_next_status(self.profile);
        failed
    }

    /// Adds what the guest has set to the headers of the response.
    #[inline]
    fn merge(&mut self, map: &mut HeaderMap) -> Result<(), Error> {
        let headers = std::mem::replace(&mut self.headers, Few::None);
        let report = |problem: &Problem| self.shared.tell(Event::Problem(problem));
        if headers.any(Framing::is) {
            let theirs = Headers::from(std::mem::take(map));
            let framing = Framing::of(&theirs);
            let merged = exchange::merge_framing(self.profile, headers, theirs, report);
            *map = convert::to_map(merged).map_err(Error::Unsendable)?;
            framing.restore(map);
        } else {
            let report = self.shared.observer.is_some().then_some(report);
            exchange::merge_passing(self.profile, headers, map, report)
                .map_err(|error| Error::Unsendable(error.to_string()))?;
        }
        Ok(())
    }
}
