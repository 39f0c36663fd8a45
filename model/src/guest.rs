//! The interface of what runs on the model, and the rules around its hooks.

use std::sync::Arc;

use http_wasm_abi::CtxNext;

use crate::exchange::{Exchange, HostCall, InstanceSettings, LogEntry, Response, Trap, TrapKind};

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
    pub settings: Arc<InstanceSettings>,
    /// What was logged.
    pub logs: Vec<LogEntry>,
    /// Which host functions were called.
    pub calls: Vec<HostCall>,
    /// Why the instance cannot be used, if so.
    pub trap: Option<Trap>,
}

/// Says why a guest could not be initialised: the trap, and the first messages that it logged before.
#[must_use]
pub fn describe_failed_start(trap: &Trap, logs: &[LogEntry]) -> String {
    /// A runtime that panics says why first, and then prints its stack.
    const MAX_SHOWN: usize = 8;
    let mut text = trap.to_string();
    for (index, entry) in logs.iter().take(MAX_SHOWN).enumerate() {
        let lead = if index == 0 { "; before that it logged" } else { "," };
        text += &format!("{lead} {:?}", entry.message);
    }
    if let Some(more @ 1..) = logs.len().checked_sub(MAX_SHOWN) {
        text += &format!(", and {more} more messages");
    }
    text
}

/// Initialises a guest.
pub fn start(guest: &mut dyn Guest, settings: impl Into<Arc<InstanceSettings>>) -> Started {
    let mut exchange = Exchange::new(settings);
    let trap = guest.start(&mut exchange).err();
    let (logs, calls, _) = exchange.take_records();
    Started { settings: exchange.into_instance_settings(), logs, calls, trap }
}

/// Runs the request hook, and checks what it returns where the profile does.
pub fn request_hook(guest: &mut dyn Guest, exchange: &mut Exchange) -> Result<CtxNext, Trap> {
    let ctx_next = guest.handle_request(exchange)?;
    checked(ctx_next, exchange)
}

/// Checks what a request hook returns, where the profile does.
pub fn checked(ctx_next: CtxNext, exchange: &Exchange) -> Result<CtxNext, Trap> {
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

/// Gives what the client gets after a trap in the request hook; `None` where the connection breaks.
///
/// That is a plain 500, unless the profile is of a host that has sent the head of the guest's response
/// by then: the client gets that head, and what was written of the body.
pub fn after_trap(exchange: &mut Exchange) -> Option<Response> {
    let keeps = exchange.settings().profile.rules().trap_keeps_what_was_sent;
    if keeps && exchange.has_sent_head() { exchange.finish() } else { Some(internal_error()) }
}

/// What a client gets when the request hook traps.
pub fn internal_error() -> Response {
    let mut response = Response::with_status(500);
    response.headers.insert("content-type", "text/plain; charset=utf-8");
    response.body = b"internal server error".to_vec();
    response
}
