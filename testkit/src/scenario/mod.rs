//! Scenarios: a request, what the next handler does, and the host around both, as a value.
//!
//! A [`Scenario`] runs with any [`Guest`]: with a handler that runs natively, and with the same handler
//! as a WebAssembly guest on the engine. The result is an [`Outcome`].
//!
//! Scenarios are for tests in Rust. [Recorded exchanges](crate::recorded) are tests in files, and
//! become scenarios when they run.

mod session;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use http_wasm_abi::{Features, LogLevel};

use http_wasm_model::exchange::{InstanceSettings, NextError, Request, Response, Settings};
use http_wasm_model::guest::Guest;

use crate::{Outcome, driver};
use http_wasm_model::Profile;

pub use session::Session;

/// One exchange to run: a request, what the next handler does, and the host around them.
///
/// ```
/// use http_wasm_testkit::scenario::Scenario;
///
/// let scenario = Scenario::post("/upload?a=b")
///     .header("content-type", "text/plain")
///     .body("hello")
///     .chunked()
///     .upstream_status(201)
///     .upstream_header("location", "/1");
/// assert_eq!(scenario.request.uri, "/upload?a=b");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// The host: its profile, the configuration, what it logs.
    pub settings: InstanceSettings,
    /// What the client sends.
    pub request: Request,
    /// What the next handler does.
    pub upstream: Upstream,
}

/// What the next handler does.
#[expect(clippy::large_enum_variant, reason = "there is one for each test")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upstream {
    /// It responds.
    Answers(Response),
    /// It fails in the host; cannot be run on a live host.
    Fails,
}

impl Default for Upstream {
    /// It responds with 200 and no body.
    fn default() -> Self {
        Self::Answers(Response::default())
    }
}

impl Upstream {
    /// The response; replaces a failure by an empty 200.
    fn response(&mut self) -> &mut Response {
        if let Self::Answers(response) = self {
            return response;
        }
        *self = Self::default();
        self.response()
    }
}

impl Default for Scenario {
    /// `GET /` without headers, on a host of the strict profile; the response is an empty 200.
    fn default() -> Self {
        Self {
            // A test that fails shows the calls.
            settings: Settings { record_calls: true, ..Settings::default() }.into(),
            request: Request::default(),
            upstream: Upstream::default(),
        }
    }
}

/// What the client sends.
impl Scenario {
    /// A request of this method, for this path and query, percent-encoded.
    #[must_use]
    pub fn new(method: impl Into<String>, uri: impl Into<String>) -> Self {
        let request = Request { method: method.into(), uri: uri.into(), ..Request::default() };
        Self { request, ..Self::default() }
    }

    /// `GET` of this path and query.
    #[must_use]
    pub fn get(uri: impl Into<String>) -> Self {
        Self::new("GET", uri)
    }

    /// `POST` to this path and query.
    #[must_use]
    pub fn post(uri: impl Into<String>) -> Self {
        Self::new("POST", uri)
    }

    /// Adds a header. A body of known length gets its `content-length` by itself.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.request.headers.append(name, value);
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.request.body = body.into();
        self
    }

    /// Sends the body without its length, as an upload of unknown length.
    #[must_use]
    pub fn chunked(mut self) -> Self {
        self.request.chunked = true;
        self
    }

    /// Adds a trailer, which follows the body.
    #[must_use]
    pub fn trailer(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.request.trailers.append(name, value);
        self
    }

    /// Sets the protocol version; `HTTP/1.1` by default.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.request.version = version.into();
        self
    }

    /// Sets the address and port of the client.
    #[must_use]
    pub fn source_addr(mut self, address: impl Into<String>) -> Self {
        self.request.source_addr = address.into();
        self
    }
}

/// What the next handler does.
impl Scenario {
    /// Sets the status of its response; 200 by default.
    #[must_use]
    pub fn upstream_status(mut self, status: u16) -> Self {
        self.upstream.response().status = status;
        self
    }

    /// Adds a header to its response. A body of known length gets its `content-length` by itself.
    #[must_use]
    pub fn upstream_header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.upstream.response().headers.append(name, value);
        self
    }

    /// Sets the body of its response.
    #[must_use]
    pub fn upstream_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.upstream.response().body = body.into();
        self
    }

    /// Sends the body of its response without the length.
    #[must_use]
    pub fn upstream_chunked(mut self) -> Self {
        self.upstream.response().chunked = true;
        self
    }

    /// Adds a trailer to its response, which follows the body.
    #[must_use]
    pub fn upstream_trailer(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.upstream.response().trailers.append(name, value);
        self
    }

    /// Makes it fail in the host, without a response: the response hook sees an error.
    #[must_use]
    pub fn upstream_fails(mut self) -> Self {
        self.upstream = Upstream::Fails;
        self
    }
}

/// The host around it.
impl Scenario {
    /// Sets whose semantics apply; the default is strict, which has the traps of all hosts together.
    #[must_use]
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.settings.settings.profile = profile;
        self
    }

    /// Sets the configuration that the guest reads; empty by default.
    #[must_use]
    pub fn config(mut self, config: impl Into<Vec<u8>>) -> Self {
        self.settings.settings.config = config.into();
        self
    }

    /// Replaces the configuration after each `get_config` of an exchange by the next of these, and
    /// keeps the last: what a guest sees whose configuration changes while it reads it.
    #[must_use]
    pub fn later_configs<C: Into<Vec<u8>>>(mut self, configs: impl IntoIterator<Item = C>) -> Self {
        self.settings.test.later_configs = configs.into_iter().map(Into::into).collect();
        self
    }

    /// Makes the host drop messages below this level; by default it writes all of them.
    #[must_use]
    pub const fn log_threshold(mut self, level: LogLevel) -> Self {
        self.settings.settings.log_threshold = level;
        self
    }

    /// Sets what the wall clock shows, since 1970-01-01T00:00:00Z. Unless set, the time that it is.
    #[must_use]
    pub fn clock(mut self, clock: Duration) -> Self {
        self.settings.test.clock = Some(clock);
        self
    }

    /// Sets what random numbers are made of. Unless set, they differ from run to run.
    #[must_use]
    pub fn random_seed(mut self, seed: u64) -> Self {
        self.settings.test.random_seed = Some(seed);
        self
    }

    /// Sets the sizes in which the host hands over bodies, read by read and from the start again; a 0
    /// is an empty read before the end.
    #[must_use]
    pub fn read_sizes(mut self, sizes: impl Into<Vec<u32>>) -> Self {
        self.settings.test.read_sizes = sizes.into();
        self
    }

    /// Removes features from the host, which then does not enable them.
    #[must_use]
    pub const fn without_features(mut self, features: Features) -> Self {
        self.settings.test.missing_features = features;
        self
    }
}

impl Scenario {
    /// Runs it with a guest that was started, with the settings that starting it gave.
    ///
    /// [`Session`] starts guests as they are needed, with the settings of the scenario.
    pub fn run(&self, guest: &mut dyn Guest, settings: &Arc<InstanceSettings>) -> Outcome {
        let mut next = |_: &_| match &self.upstream {
            Upstream::Answers(response) => Ok(response.clone()),
            Upstream::Fails => Err(NextError("the scenario says so".to_owned())),
        };
        driver::run(guest, settings, self.request.clone(), &mut next)
    }
}
