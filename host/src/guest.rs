//! What can run on the model, and the driver that plays one exchange with it.

use http_wasm_abi::CtxNext;

use crate::exchange::{
    Exchange, HostCall, LogEntry, NextError, Request, Response, Settings, Trap, TrapKind,
};

pub use crate::outcome::Outcome;

/// A guest: an instance of a WebAssembly module, or a handler that runs natively.
///
/// It serves one exchange at a time, from `handle_request` to the end of `handle_response`.
pub trait Guest {
    /// Initialises the instance; called once, with an exchange in
    /// [`Phase::Init`](http_wasm_abi::Phase::Init).
    ///
    /// # Errors
    ///
    /// A trap; the instance cannot be used then.
    fn start(&mut self, exchange: &mut Exchange) -> Result<(), Trap>;

    /// Runs the request hook.
    ///
    /// # Errors
    ///
    /// A trap; the exchange is over then.
    fn handle_request(&mut self, exchange: &mut Exchange) -> Result<CtxNext, Trap>;

    /// Runs the response hook.
    ///
    /// # Errors
    ///
    /// A trap; the exchange is over then.
    fn handle_response(
        &mut self,
        exchange: &mut Exchange,
        req_ctx: u32,
        is_error: bool,
    ) -> Result<(), Trap>;
}

impl<G: Guest + ?Sized> Guest for Box<G> {
    fn start(&mut self, exchange: &mut Exchange) -> Result<(), Trap> {
        (**self).start(exchange)
    }

    fn handle_request(&mut self, exchange: &mut Exchange) -> Result<CtxNext, Trap> {
        (**self).handle_request(exchange)
    }

    fn handle_response(
        &mut self,
        exchange: &mut Exchange,
        req_ctx: u32,
        is_error: bool,
    ) -> Result<(), Trap> {
        (**self).handle_response(exchange, req_ctx, is_error)
    }
}

/// What became of the initialisation of an instance.
#[derive(Clone, Debug)]
pub struct Started {
    /// The settings for the exchanges of this instance, with the features that it enabled.
    pub settings: Settings,
    /// What was logged.
    pub logs: Vec<LogEntry>,
    /// Which host functions were called.
    pub calls: Vec<HostCall>,
    /// Why the instance cannot be used, if so.
    pub trap: Option<Trap>,
}

/// Initialises a guest.
pub fn start(guest: &mut dyn Guest, settings: Settings) -> Started {
    let mut exchange = Exchange::new(settings);
    let trap = guest.start(&mut exchange).err();
    let (logs, calls, _) = exchange.take_records();
    Started { settings: exchange.into_settings(), logs, calls, trap }
}

/// Plays one exchange: `handle_request`, the next handler, `handle_response`.
///
/// A trap in the request hook is answered with a plain 500 that tells nothing, unless the profile is
/// of a host that has sent the head of the guest's response by then: the client gets that, and what
/// was written. A trap in the response hook breaks the connection, as on real hosts.
pub fn run(
    guest: &mut dyn Guest,
    settings: &Settings,
    request: Request,
    next: &mut dyn FnMut(&Request) -> Result<Response, NextError>,
) -> Outcome {
    let mut exchange = Exchange::for_request(settings.clone(), request);
    let mut upstream = None;
    let played = play(guest, &mut exchange, &mut upstream, next);
    let (response, trap) = match played {
        Ok(()) => (exchange.finish(), None),
        Err(Failure::Request(trap)) => (after_trap(&mut exchange), Some(trap)),
        Err(Failure::Response(trap)) => (None, Some(trap)),
    };
    let (logs, calls, problems) = exchange.take_records();
    Outcome { profile: settings.profile, upstream, response, logs, calls, trap, problems }
}

/// Runs the request hook, and checks what it returns where the profile does.
pub(crate) fn request_hook(
    guest: &mut dyn Guest,
    exchange: &mut Exchange,
) -> Result<CtxNext, Trap> {
    let ctx_next = guest.handle_request(exchange)?;
    checked(ctx_next, exchange)
}

/// Checks what a request hook returns, where the profile does.
pub(crate) fn checked(ctx_next: CtxNext, exchange: &Exchange) -> Result<CtxNext, Trap> {
    if exchange.settings().profile.rules().validates && !ctx_next.is_valid() {
        let low = ctx_next.bits() & u64::from(u32::MAX);
        let message = format!(
            "handle_request returned {:#x}: its low word is {low}, wanted 1 to go on or 0 to stop",
            ctx_next.bits()
        );
        return Err(Trap::other(TrapKind::Number, message));
    }
    Ok(ctx_next)
}

enum Failure {
    Request(Trap),
    Response(Trap),
}

fn play(
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

/// What a client gets when the request hook traps, of a host that sends a response as it is written.
fn after_trap(exchange: &mut Exchange) -> Option<Response> {
    let keeps = exchange.settings().profile.rules().trap_keeps_what_was_sent;
    if keeps && exchange.has_sent_head() { exchange.finish() } else { Some(internal_error()) }
}

/// What a client gets when the request hook traps.
pub(crate) fn internal_error() -> Response {
    let mut response = Response::with_status(500);
    response.headers.insert("content-type", "text/plain; charset=utf-8");
    response.body = b"internal server error".to_vec();
    response
}
