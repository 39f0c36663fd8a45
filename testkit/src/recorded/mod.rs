//! Recorded exchanges: a file with requests for a filter and the results that are expected.
//!
//! The format is TOML and independent of Rust. So it can test any guest and any host in any language:
//!
//! ```toml
//! config = "for get_config"            # optional; each exchange can have its own; a text, or
//!                                      # bytes as in a body
//! env = { SECRET = "s3" }              # optional: environment variables of a guest that imports WASI
//! now = 2026-01-01T00:00:00Z           # optional: what the wall clock shows; each exchange can have its own
//! random_seed = 7                      # optional: what random numbers are made of; likewise. Neither can be set
//!                                      # on a live host
//! dirs = { "/data" = "data" }          # optional: folders that it can read, relative to this file
//!
//! [[exchange]]
//! name = "refuses a stranger"          # required, unique
//! level = "must"                       # or "should": how much it binds a host
//! [exchange.request]                   # all optional
//! method = "GET"
//! uri = "/a?b=c"                       # sent as it is, also what no URI may have, such as <
//! version = "HTTP/1.1"
//! headers = { host = "example.test", accept = ["a", "b"] }
//! body = "text"                        # or { hex = "00ff" }, or { repeat = "abc", times = 1000 }
//! chunked = true                       # sent without content-length
//! trailers = { }
//! source_addr = "192.0.2.1:1234"       # not settable over a live host
//! [exchange.upstream]                  # how the next handler responds
//! status = 200
//! headers = { }
//! body = ""
//! chunked = true
//! trailers = { }
//! fails = true                         # instead: it fails in the host, so is_error is 1
//! [exchange.expect]                    # what is not named is not compared
//! upstream = { method = "GET", uri = "/", headers = { x-a = "1", x-b = false }, body = "" }
//! response = { status = 401, headers = { www-authenticate = "Basic" }, body = "", body_lacks = ["secret"] }
//! logs = [{ level = "info", message = "exact" }]
//! trap = true
//! [exchange.skip]
//! traefik = "why this cannot be run there"
//! ```
//!
//! `expect.upstream = false` says that the next handler must not be called, `true` that it must. In
//! an expectation a header's `false` means that it must be absent. A trap is a mismatch unless it says
//! `trap = true`. So is, in the strict profile, what ends otherwise on other hosts; one that has no other
//! mismatch is reported as unportable. On a live host a trap
//! shows as a response of 5xx or as a broken connection; one of them must be seen, unless the exchange
//! says what the client gets.

mod bytes;
mod compare;
mod now;
mod raw;
mod read;
mod run;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::scenario::Scenario;
use http_wasm_model::exchange::{InstanceSettings, LogEntry, Request, Settings, TestSettings};

pub use compare::{Mismatch, compare, compare_wire};
pub use read::{ReadError, parse, read};
pub use run::{Report, Runner, run};

pub use crate::scenario::Upstream;

/// A file of recorded exchanges.
#[derive(Clone, Debug)]
pub struct RecordedFile {
    /// Where it was read from, as messages show it.
    pub path: PathBuf,
    /// What a guest that imports WASI is given besides.
    pub surroundings: Surroundings,
    /// The exchanges, in order; at least one.
    pub exchanges: Vec<Recorded>,
}

/// What a guest that imports WASI is given besides requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Environment variables: names and values.
    pub env: BTreeMap<String, String>,
    /// Folders that it can read: their names for the guest, and where they are.
    pub dirs: BTreeMap<String, PathBuf>,
}

impl Surroundings {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.env.is_empty() && self.dirs.is_empty()
    }
}

/// One recorded exchange.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its name, unique in its file.
    pub name: String,
    /// The line in which it begins.
    pub line: usize,
    /// How much it binds a host.
    pub level: Level,
    /// What `get_config` gives; empty for none.
    pub config: Vec<u8>,
    /// What the wall clock shows, since 1970-01-01T00:00:00Z; `None` for the time that it is.
    pub now: Option<Duration>,
    /// What random numbers are made of; `None` for such as always differ.
    pub random_seed: Option<u64>,
    /// What the client sends.
    pub request: Request,
    /// How the next handler responds.
    pub upstream: Upstream,
    /// The expected result.
    pub expect: Expect,
    /// The hosts on which it cannot be run, with the reason.
    pub skip: BTreeMap<String, String>,
}

/// How much an exchange binds a host, in suites that test hosts. A filter's own exchanges are all
/// [`Must`](Self::Must).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The ABI's published text says so.
    #[default]
    Must,
    /// The published text leaves it open, and guests are better off if it is so.
    Should,
}

impl Recorded {
    /// The exchange as a scenario: with its own configuration, and otherwise these settings.
    #[must_use]
    pub fn scenario(&self, settings: &InstanceSettings) -> Scenario {
        Scenario {
            settings: InstanceSettings {
                settings: Settings {
                    config: self.config.clone(),
                    record_calls: true,
                    ..settings.settings.clone()
                },
                test: TestSettings {
                    clock: self.now.or(settings.test.clock),
                    random_seed: self.random_seed.or(settings.test.random_seed),
                    ..settings.test.clone()
                },
                ..settings.clone()
            },
            request: self.request.clone(),
            upstream: self.upstream.clone(),
        }
    }
}

/// The expected result. What is `None` is not compared.
#[derive(Clone, Debug, Default)]
pub struct Expect {
    /// What reaches the next handler.
    pub upstream: ExpectUpstream,
    /// What the client gets.
    pub response: Option<ExpectResponse>,
    /// All messages, in order.
    pub logs: Option<Vec<LogEntry>>,
    /// Whether some hook traps.
    pub trap: bool,
}

/// What is expected of the next handler's request.
#[derive(Clone, Debug, Default)]
pub enum ExpectUpstream {
    /// Nothing.
    #[default]
    Any,
    /// It must not be called.
    NotCalled,
    /// It must be called, with this.
    Called(ExpectRequest),
}

/// What a request must be like.
#[derive(Clone, Debug, Default)]
pub struct ExpectRequest {
    /// Its method.
    pub method: Option<String>,
    /// Its path and query.
    pub uri: Option<String>,
    /// These of its headers.
    pub headers: BTreeMap<String, ExpectHeader>,
    /// Its body.
    pub body: Option<Vec<u8>>,
    /// These of its trailers.
    pub trailers: BTreeMap<String, ExpectHeader>,
}

/// What a response must be like.
#[derive(Clone, Debug, Default)]
pub struct ExpectResponse {
    /// Its status code.
    pub status: Option<u16>,
    /// These of its headers.
    pub headers: BTreeMap<String, ExpectHeader>,
    /// Its body.
    pub body: Option<Vec<u8>>,
    /// Texts that must not be in its body.
    pub body_lacks: Vec<String>,
    /// These of its trailers.
    pub trailers: BTreeMap<String, ExpectHeader>,
}

/// What a header must be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectHeader {
    /// It must be absent.
    Absent,
    /// It must have exactly these values, in order.
    Values(Vec<String>),
}
