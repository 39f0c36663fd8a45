//! The result of an exchange, with assertions for tests.

use std::fmt;

use http_wasm_abi::Phase;

use http_wasm_model::Profile;
use http_wasm_model::exchange::{Headers, HostCall, LogEntry, Problem, Request, Response, Trap};

/// The result of one exchange.
///
/// The methods are for exchanges that should succeed: they panic and show all that happened when the
/// guest trapped or, in the strict profile, did something that is not portable. The fields are for
/// exchanges that fail on purpose.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The host whose semantics applied.
    pub profile: Profile,
    /// What the next handler got; `None` if it was not called.
    pub upstream: Option<Request>,
    /// What the client got; `None` if the connection broke.
    pub response: Option<Response>,
    /// What the guest logged.
    pub logs: Vec<LogEntry>,
    /// Which host functions it called, if the settings ask for them.
    pub calls: Vec<HostCall>,
    /// The trap that ended it, if one did.
    pub trap: Option<Trap>,
    /// What went wrong without a trap, and in [`Profile::Strict`] also what is not portable.
    pub problems: Vec<Problem>,
}

impl Outcome {
    /// Asserts that the guest did not trap and, in the strict profile, that all it did is portable.
    ///
    /// The other methods assert this too.
    ///
    /// # Panics
    /// When the guest trapped or did something that is not portable.
    #[track_caller]
    pub fn assert_ok(&self) -> &Self {
        if let Some(trap) = &self.trap {
            panic!("the guest trapped: {trap}\n{self}");
        }
        if self.profile == Profile::Strict
            && let Some(problem) = self.problems.first()
        {
            panic!("not all hosts treat this alike: {problem}\n{self}");
        }
        self
    }

    /// The request that the next handler got.
    ///
    /// # Panics
    /// When it was not called.
    #[track_caller]
    #[must_use]
    pub fn upstream(&self) -> &Request {
        match &self.assert_ok().upstream {
            Some(request) => request,
            None => panic!("the next handler was not called\n{self}"),
        }
    }

    /// The values of a header that the next handler got; text, as headers are in tests.
    ///
    /// # Panics
    /// When the next handler was not called, or a value is not UTF-8.
    #[track_caller]
    #[must_use]
    pub fn upstream_headers(&self, name: &str) -> Vec<&str> {
        let headers = &self.upstream().headers;
        self.values(headers, name)
    }

    /// The value of a header that the next handler got; `None` if it was absent.
    ///
    /// # Panics
    /// When the next handler was not called, the header has several values, or one that is not
    /// UTF-8.
    #[track_caller]
    #[must_use]
    pub fn upstream_header(&self, name: &str) -> Option<&str> {
        let values = self.upstream_headers(name);
        self.one(name, &values)
    }

    /// The body that the next handler got, as text.
    ///
    /// # Panics
    /// When it was not called, or the body is not UTF-8.
    #[track_caller]
    #[must_use]
    pub fn upstream_text(&self) -> &str {
        let body = &self.upstream().body;
        self.text(body)
    }

    /// The response that the client got.
    ///
    /// # Panics
    /// When the connection broke.
    #[track_caller]
    #[must_use]
    pub fn response(&self) -> &Response {
        match &self.assert_ok().response {
            Some(response) => response,
            None => panic!("the client got no response, the connection broke\n{self}"),
        }
    }

    /// The status that the client got.
    ///
    /// # Panics
    /// When the connection broke.
    #[track_caller]
    #[must_use]
    pub fn status(&self) -> u16 {
        self.response().status
    }

    /// The values of a header that the client got.
    ///
    /// # Panics
    /// When the connection broke, or a value is not UTF-8.
    #[track_caller]
    #[must_use]
    pub fn response_headers(&self, name: &str) -> Vec<&str> {
        let headers = &self.response().headers;
        self.values(headers, name)
    }

    /// The value of a header that the client got; `None` if it was absent.
    ///
    /// # Panics
    /// When the connection broke, the header has several values, or one that is not UTF-8.
    #[track_caller]
    #[must_use]
    pub fn response_header(&self, name: &str) -> Option<&str> {
        let values = self.response_headers(name);
        self.one(name, &values)
    }

    /// The body that the client got, as text.
    ///
    /// # Panics
    /// When the connection broke, or the body is not UTF-8.
    #[track_caller]
    #[must_use]
    pub fn response_text(&self) -> &str {
        let body = &self.response().body;
        self.text(body)
    }

    /// The messages that the guest logged, each with its level, such as `info: hello`.
    #[must_use]
    pub fn messages(&self) -> Vec<String> {
        self.logs.iter().map(|log| format!("{}: {}", log.level, log.message)).collect()
    }

    /// The names of the host functions that the guest called, in order.
    #[must_use]
    pub fn call_names(&self) -> Vec<&'static str> {
        self.calls.iter().map(|call| call.function.name()).collect()
    }

    /// The host functions that the guest called in one hook, in order, with what it gave and got:
    /// `get_uri() = "/"`.
    #[must_use]
    pub fn calls_in(&self, phase: Phase) -> Vec<String> {
        let calls = self.calls.iter().filter(|call| call.phase == phase);
        calls.map(ToString::to_string).collect()
    }

    #[track_caller]
    fn values<'h>(&self, headers: &'h Headers, name: &str) -> Vec<&'h str> {
        let text = |value: &'h Vec<u8>| match std::str::from_utf8(value) {
            Ok(text) => text,
            Err(_) => panic!(
                "the header {name:?} is not UTF-8, look at the bytes in the message's headers: \"{}\"\n{self}",
                value.escape_ascii()
            ),
        };
        headers.get(name).iter().map(text).collect()
    }

    #[track_caller]
    fn one<'h>(&self, name: &str, values: &[&'h str]) -> Option<&'h str> {
        match values {
            [] => None,
            [value] => Some(value),
            several => {
                panic!("the header {name:?} has several values, ask for all: {several:?}\n{self}")
            }
        }
    }

    #[track_caller]
    fn text<'b>(&self, body: &'b [u8]) -> &'b str {
        match std::str::from_utf8(body) {
            Ok(text) => text,
            Err(error) => panic!("the body is not text: {error}\n{self}"),
        }
    }
}

/// Everything that happened, one line each.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "what happened, on a host of profile {}:", self.profile)?;
        let mut phase = None;
        for call in &self.calls {
            if phase.replace(call.phase) != Some(call.phase) {
                writeln!(f, "  in {}:", call.phase)?;
            }
            writeln!(f, "    {call}")?;
        }
        for message in self.messages() {
            writeln!(f, "  logged {message}")?;
        }
        for problem in &self.problems {
            writeln!(f, "  not portable: {problem}")?;
        }
        if let Some(trap) = &self.trap {
            writeln!(f, "  trap: {trap}")?;
        }
        match &self.upstream {
            Some(Request { method, uri, headers, body, .. }) => {
                writeln!(f, "  the next handler got {method} {uri}")?;
                show(f, headers, body)?;
            }
            None => writeln!(f, "  the next handler was not called")?,
        }
        match &self.response {
            Some(Response { status, headers, body, .. }) => {
                writeln!(f, "  the client got {status}")?;
                show(f, headers, body)
            }
            None => writeln!(f, "  the connection broke"),
        }
    }
}

fn show(f: &mut fmt::Formatter<'_>, headers: &Headers, body: &[u8]) -> fmt::Result {
    const MAX_SHOWN_BYTES: usize = 200;
    for (name, value) in headers.iter() {
        writeln!(f, "    {name}: {}", value.escape_ascii())?;
    }
    match body.get(..MAX_SHOWN_BYTES) {
        Some(start) if body.len() > MAX_SHOWN_BYTES => {
            writeln!(f, "    \"{}\"... ({} bytes)", start.escape_ascii(), body.len())
        }
        _ if body.is_empty() => Ok(()),
        _ => writeln!(f, "    \"{}\"", body.escape_ascii()),
    }
}
