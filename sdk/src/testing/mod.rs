//! Runs handlers natively, on the exchange model of the reference host.
//!
//! The model has the semantics of real hosts, traps included, and is the same that the reference host
//! runs WebAssembly guests on. So what passes here needs neither a WebAssembly target nor an engine,
//! and holds there. For the `[dev-dependencies]` of a filter:
//!
//! ```toml
//! http-wasm-sdk = { version = "…", features = ["testing"] }
//! ```
//!
//! [`replay`] runs a file of recorded exchanges.

pub(crate) mod session;

use std::format;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::string::String;
use std::vec::Vec;

use http_wasm_abi::CtxNext;
use http_wasm_host::exchange::Settings;
use http_wasm_host::guest::Guest;
use http_wasm_host::recorded::{self, Runner};

/// The reference host: its exchange model, its profiles, and the reader of recorded exchanges.
pub use http_wasm_host as host;
use http_wasm_host::exchange::{Exchange, Trap};

use crate::handler::Handler;
use crate::instance::Instance;

/// An instance of a guest whose code is native: the handler `H`.
pub struct Native<H: Handler> {
    instance: Instance<H>,
}

impl<H: Handler> Native<H> {
    /// An instance that has not been started.
    #[must_use]
    pub const fn new() -> Self {
        Self { instance: Instance::new() }
    }

    /// Calls the guest with `exchange` open on this thread, and turns panics into traps.
    fn enter<R>(
        &self,
        exchange: &mut Exchange,
        call: impl FnOnce(&Instance<H>) -> R,
    ) -> Result<R, Trap> {
        let session = session::open(exchange);
        // What a trap leaves behind in the instance is what it leaves behind in a guest, too.
        let result = catch_unwind(AssertUnwindSafe(|| call(&self.instance)));
        drop(session);
        result.map_err(|payload| match payload.downcast::<Trap>() {
            Ok(trap) => *trap,
            Err(payload) => {
                Trap::guest(format!("the guest panicked: {}", panic_message(&*payload)))
            }
        })
    }
}

impl<H: Handler> Default for Native<H> {
    fn default() -> Self {
        Self::new()
    }
}

fn panic_message(payload: &(dyn core::any::Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

impl<H: Handler> Guest for Native<H> {
    fn start(&mut self, exchange: &mut Exchange) -> Result<(), Trap> {
        self.enter(exchange, Instance::start)
    }

    fn handle_request(&mut self, exchange: &mut Exchange) -> Result<CtxNext, Trap> {
        self.enter(exchange, Instance::handle_request).map(CtxNext::from_bits)
    }

    fn handle_response(
        &mut self,
        exchange: &mut Exchange,
        ctx: u32,
        is_error: bool,
    ) -> Result<(), Trap> {
        self.enter(exchange, |instance| instance.handle_response(ctx, is_error))
    }
}

/// The name of this way to run a guest in the `skip` table of a recorded exchange.
pub const HOST: &str = "native";

/// Plays a file of recorded exchanges with the handler `H`, natively, by the strict profile.
///
/// `path` is relative to the folder of the filter's manifest, where `cargo test` runs.
///
/// # Panics
/// Where an exchange is not as expected, with all that differs; or the file cannot be read, or every
/// exchange in it is skipped.
pub fn replay<H: Handler>(path: impl AsRef<Path>) {
    let file = recorded::read(path.as_ref()).unwrap_or_else(|error| panic!("{error}"));
    let mut runner =
        Runner::new(Settings::default(), || Ok::<_, core::convert::Infallible>(Native::<H>::new()));
    let mut failures = Vec::new();
    let mut played = 0;
    for exchange in &file.exchanges {
        if exchange.skip.contains_key(HOST) {
            continue;
        }
        played += 1;
        let report = runner.play(exchange);
        if !report.passed() {
            let place = format!("{}:{}", file.path.display(), exchange.line);
            let mismatches: String =
                report.mismatches.iter().map(|mismatch| format!("\n    {mismatch}")).collect();
            failures.push(format!("\n  {place}: {}{mismatches}", exchange.name));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {played} recorded exchanges did not go as expected:{}",
        failures.len(),
        failures.concat()
    );
    assert!(played > 0, "{}: every exchange is skipped here", file.path.display());
}
