//! Runs handlers natively, on the exchange model of the reference host.
//!
//! The model has the semantics of real hosts, traps included, and the reference host runs WebAssembly
//! guests on it too. So what passes here passes there, and needs neither a WebAssembly target nor an
//! engine. For the `[dev-dependencies]` of a filter:
//!
//! ```toml
//! http-wasm-sdk = { version = "…", features = ["testing"] }
//! ```
//!
//! A [`Scenario`] says what comes in and how the next handler responds, [`run`] runs it with a handler,
//! and the [`Outcome`] has what the next handler and the client got:
//!
//! ```
//! use http_wasm_sdk::prelude::*;
//! use http_wasm_sdk::testing::{self, Scenario};
//!
//! /// Forbids all requests except those that a friend refers.
//! #[handler]
//! fn friends(request: &mut Request, reply: Reply<'_>) -> Option<Responded> {
//!     let mut buffer = Buffer::<64>::new();
//!     match request.headers().get_one(known::REFERER, &mut buffer) {
//!         Ok(Some(place)) if place == "https://friend.test/" => {
//!             request.headers_mut().insert(name!("x-friend"), value!("1"));
//!             None
//!         }
//!         _ => Some(reply.status(StatusCode::FORBIDDEN).body("go home\n")),
//!     }
//! }
//!
//! // In a test:
//! let outcome = testing::run::<friends>(&Scenario::get("/").header("referer", "https://friend.test/"));
//! assert_eq!(outcome.upstream_header("x-friend"), Some("1"));
//! assert_eq!(outcome.status(), 200);
//!
//! let outcome = testing::run::<friends>(&Scenario::get("/"));
//! assert!(outcome.upstream.is_none());
//! assert_eq!((outcome.status(), outcome.response_text()), (403, "go home\n"));
//! ```
//!
//! The name of a handler that is a function is also that of a type, which stands here in `run`.
//!
//! # What is portable
//!
//! The profile of a scenario says which host it runs on. The default,
//! [`Strict`](Profile::Strict), is all of them at once: it traps where any real host does, and
//! reports what they treat differently. The methods of [`Outcome`] then panic, with each call of a host
//! function, its arguments and its result.
//! To see what a handler does on one host, choose [`Go`](Profile::Go), the official host in Traefik
//! and Dapr, or [`Express`](Profile::Express):
//!
//! ```
//! use http_wasm_sdk::prelude::*;
//! use http_wasm_sdk::testing::{self, Profile, Scenario};
//!
//! #[handler(buffer_request)]
//! fn count(request: &mut Request<Buffered>) {
//!     let mut bytes = 0;
//!     let forwarded = request.body_mut().for_each(&mut Buffer::<2048>::new(), |chunk| bytes += chunk.len());
//!     if forwarded.is_ok() && bytes > 2000 {
//!         request.headers_mut().insert(name!("x-big"), value!("1"));
//!     }
//! }
//!
//! for profile in Profile::ALL {
//!     let upload = Scenario::post("/").body("x".repeat(3000)).profile(profile);
//!     let outcome = testing::run::<count>(&upload);
//!     assert_eq!(outcome.upstream_header("x-big"), Some("1"));
//!     assert_eq!(outcome.upstream_text().len(), 3000);
//! }
//! ```
//!
//! # More than one request
//!
//! [`run`] makes a new instance. A [`session`] keeps its instance, as hosts do, and with it the
//! handler:
//!
//! ```
//! use http_wasm_sdk::prelude::*;
//! use http_wasm_sdk::testing::{self, Scenario};
//!
//! #[derive(Default)]
//! struct EveryOther {
//!     skip: bool,
//! }
//!
//! #[handler]
//! impl EveryOther {
//!     fn request(&mut self, _request: &mut Request, reply: Reply<'_>) -> Option<Responded> {
//!         self.skip = !self.skip;
//!         if self.skip { None } else { Some(reply.status(StatusCode::TOO_MANY_REQUESTS).end()) }
//!     }
//! }
//!
//! let mut session = testing::session::<EveryOther>();
//! let statuses: Vec<_> = (0..3).map(|_| session.run(&Scenario::get("/")).status()).collect();
//! assert_eq!(statuses, [200, 429, 200]);
//! ```
//!
//! # On the engine
//!
//! A scenario does not depend on what runs it. The crate `http-wasm-host` loads the guest that
//! `cargo xtask build` has made, and a session of its instances runs the same scenario:
//!
//! ```ignore
//! let module = Module::new(&std::fs::read("target/guests/friends.wasm")?, Options::default())?;
//! let mut session = Session::new(|| module.instance());
//! assert_eq!(session.run(&Scenario::get("/")).status(), 403);
//! ```
//!
//! # Recorded exchanges
//!
//! [`replay`] runs a file of recorded exchanges, which says the same in TOML, and which the toolchain
//! also runs on real hosts.

use std::format;
use std::path::Path;
use std::string::String;
use std::vec::Vec;

/// For [`Scenario::without`], and for [`Outcome::calls_in`].
pub use http_wasm_abi::{Features, Phase};
use http_wasm_model::exchange::Settings;
use http_wasm_testkit::recorded::{self, Runner};

/// The exchange model: what each host function does, and the profiles of real hosts.
pub use http_wasm_model as model;
pub use http_wasm_model::Profile;
pub use http_wasm_testkit::Outcome;
pub use http_wasm_testkit::scenario::{Scenario, Session};

use crate::backend::Simulated;
use crate::handler::Handler;
use crate::instance::Instance;

/// Runs a scenario with a new instance of the handler `H`, natively.
///
/// ```
/// use http_wasm_sdk::prelude::*;
/// use http_wasm_sdk::testing::{self, Scenario};
///
/// #[derive(Default)]
/// struct Quiet;
///
/// #[handler(buffer_response)]
/// impl Quiet {
///     fn request(&self, _request: &mut Request) {}
///
///     fn response(&self, _request: &Request, response: &mut Response<Buffered>) {
///         if response.status().is_server_error() && response.body_mut().replace("sorry\n").is_ok() {
///             log::info("hid an error");
///         }
///     }
/// }
///
/// let broken = Scenario::get("/").upstream_status(503).upstream_body("stack trace: ...");
/// let outcome = testing::run::<Quiet>(&broken);
/// assert_eq!((outcome.status(), outcome.response_text()), (503, "sorry\n"));
/// assert_eq!(outcome.response_header("content-length"), None);
/// assert_eq!(outcome.messages(), ["info: hid an error"]);
/// let calls = ["get_status_code", "remove_header", "get_status_code", "write_body", "log"];
/// assert_eq!(outcome.call_names(), calls);
/// ```
#[must_use]
pub fn run<H: Handler>(scenario: &Scenario) -> Outcome {
    session::<H>().run(scenario)
}

/// Makes a session of the handler `H`, natively: it keeps its instance from one exchange to the next.
///
/// ```
/// # use http_wasm_sdk::prelude::*;
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # #[handler]
/// # fn nothing(_request: &mut Request) {}
/// let mut session = testing::session::<nothing>();
/// session.run(&Scenario::get("/a")).assert_ok();
/// session.run(&Scenario::get("/b")).assert_ok();
/// assert_eq!(session.instances(), 1);
/// ```
#[must_use]
pub fn session<H: Handler>() -> Session<'static, Native<H>> {
    Session::new(Native::new)
}

/// An instance of a guest whose code is native: the handler `H`.
pub type Native<H> = Simulated<Instance<H>>;

/// The name of this way to run a guest in the `skip` table of a recorded exchange.
pub const HOST: &str = "native";

/// Runs a file of recorded exchanges with the handler `H`, natively, by the strict profile.
///
/// `path` is relative to the folder of the filter's manifest, where `cargo test` runs.
///
/// # Panics
/// Where an exchange is not as expected, with all that differs; or the file cannot be read, every
/// exchange in it is skipped, or the environment is not as the file says: natively, a handler sees that of
/// the test itself.
pub fn replay<H: Handler>(path: impl AsRef<Path>) {
    let file = recorded::read(path.as_ref()).unwrap_or_else(|error| panic!("{error}"));
    for (name, value) in &file.surroundings.env {
        assert!(
            std::env::var_os(name).is_some_and(|found| found == value.as_str()),
            "{}: natively, a handler sees the environment of the test, and {name} is not {value:?} there; set it where the tests are started (`cargo http-wasm test` does), or in the table [env] of .cargo/config.toml",
            file.path.display()
        );
    }
    let mut runner = Runner::new(Settings::default(), Native::<H>::new);
    let mut failures = Vec::new();
    let mut count = 0;
    for exchange in &file.exchanges {
        if exchange.skip.contains_key(HOST) {
            continue;
        }
        count += 1;
        let report = runner.run(exchange);
        if !report.passed() {
            let place = format!("{}:{}", file.path.display(), exchange.line);
            let mismatches: String =
                report.mismatches.iter().map(|mismatch| format!("\n    {mismatch}")).collect();
            failures.push(format!("\n  {place}: {}{mismatches}", exchange.name));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {count} recorded exchanges did not go as expected:{}",
        failures.len(),
        failures.concat()
    );
    assert!(count > 0, "{}: every exchange is skipped here", file.path.display());
}
