//! Compares the outcome of an exchange with what was expected.

use std::collections::BTreeMap;
use std::fmt;

use super::{Expect, ExpectHeader, ExpectRequest, ExpectResponse, ExpectUpstream};
use serde::Serialize;

use crate::Outcome;
use http_wasm_model::Profile;
use http_wasm_model::exchange::{Headers, LogEntry, Request, Response};

/// A difference between what was expected and what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// What differs, such as `response.status`.
    pub what: String,
    /// What was expected.
    pub wanted: String,
    /// What was found.
    pub found: String,
}

impl Mismatch {
    /// What differs, for what goes as expected here, and otherwise on other hosts.
    pub const PORTABILITY: &str = "portability";
    /// What differs, for what goes as expected on all hosts, and is of no use.
    pub const RECOMMENDATION: &str = "recommendation";

    /// Whether the expectation itself was met.
    #[must_use]
    pub fn is_met(&self) -> bool {
        [Self::PORTABILITY, Self::RECOMMENDATION].contains(&self.what.as_str())
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: wanted {}, found {}", self.what, self.wanted, self.found)
    }
}

/// Compares everything, for a guest that ran on the model.
#[must_use]
pub fn compare(expect: &Expect, outcome: &Outcome) -> Vec<Mismatch> {
    let mut differences = Differences::default();
    match (&outcome.trap, expect.trap) {
        (Some(trap), false) => differences.add("trap", "none", trap),
        (None, true) => differences.add("trap", "one", "none"),
        (Some(_), true) | (None, false) => {}
    }
    if outcome.profile == Profile::Strict {
        for problem in &outcome.problems {
            let (what, wanted) = if problem.is_harmless {
                (Mismatch::RECOMMENDATION, "what has an effect")
            } else {
                (Mismatch::PORTABILITY, "what all hosts treat alike")
            };
            differences.add(what, wanted, problem);
        }
    }
    let reason = match (&outcome.trap, outcome.problems.as_slice()) {
        (Some(trap), _) => format!(" ({trap})"),
        (None, [.., problem]) => format!(" ({problem})"),
        (None, []) => String::new(),
    };
    differences.wire(expect, outcome.upstream.as_ref(), outcome.response.as_ref(), &reason);
    if let Some(logs) = &expect.logs
        && *logs != outcome.logs
    {
        differences.add("logs", show_logs(logs), show_logs(&outcome.logs));
    }
    differences.0
}

/// Compares what can be seen from outside, for a live host: the request that reached the upstream and
/// the response that the client got.
#[must_use]
pub fn compare_wire(
    expect: &Expect,
    upstream: Option<&Request>,
    response: Option<&Response>,
) -> Vec<Mismatch> {
    let mut differences = Differences::default();
    differences.wire(expect, upstream, response, "");
    differences.0
}

#[derive(Default)]
struct Differences(Vec<Mismatch>);

impl Differences {
    fn add(
        &mut self,
        what: impl Into<String>,
        wanted: impl fmt::Display,
        found: impl fmt::Display,
    ) {
        let (wanted, found) = (wanted.to_string(), found.to_string());
        self.0.push(Mismatch { what: what.into(), wanted, found });
    }

    fn equal(&mut self, what: &str, wanted: Option<&String>, found: &str) {
        if let Some(wanted) = wanted
            && wanted != found
        {
            self.add(what, wanted, found);
        }
    }

    /// Compares upstream and response; `reason` says why one of them may be missing.
    fn wire(
        &mut self,
        expect: &Expect,
        upstream: Option<&Request>,
        response: Option<&Response>,
        reason: &str,
    ) {
        match (&expect.upstream, upstream) {
            (ExpectUpstream::Any, _) | (ExpectUpstream::NotCalled, None) => {}
            (ExpectUpstream::NotCalled, Some(found)) => {
                self.add("upstream", "no call", format!("{} {}", found.method, found.uri));
            }
            (ExpectUpstream::Called(_), None) => {
                self.add("upstream", "a call", format!("none{reason}"));
            }
            (ExpectUpstream::Called(wanted), Some(found)) => self.request(wanted, found),
        }
        match (&expect.response, response) {
            (None, _) => {}
            (Some(_), None) => {
                self.add("response", "one", format!("none: the connection broke{reason}"));
            }
            (Some(wanted), Some(found)) => self.response(wanted, found),
        }
    }

    fn request(&mut self, wanted: &ExpectRequest, found: &Request) {
        self.equal("upstream.method", wanted.method.as_ref(), &found.method);
        self.equal("upstream.uri", wanted.uri.as_ref(), &found.uri);
        self.headers("upstream.headers", &wanted.headers, &found.headers);
        self.body("upstream.body", wanted.body.as_deref(), &found.body);
        self.headers("upstream.trailers", &wanted.trailers, &found.trailers);
    }

    fn response(&mut self, wanted: &ExpectResponse, found: &Response) {
        if let Some(status) = wanted.status
            && status != found.status
        {
            self.add("response.status", status, found.status);
        }
        self.headers("response.headers", &wanted.headers, &found.headers);
        self.body("response.body", wanted.body.as_deref(), &found.body);
        for text in &wanted.body_lacks {
            if contains(&found.body, text.as_bytes()) {
                self.add("response.body", format!("none with {text:?}"), show(&found.body));
            }
        }
        self.headers("response.trailers", &wanted.trailers, &found.trailers);
    }

    fn headers(&mut self, what: &str, wanted: &BTreeMap<String, ExpectHeader>, found: &Headers) {
        for (name, wanted) in wanted {
            let found = found.get(name);
            let (matches, wanted) = match wanted {
                ExpectHeader::Absent => (found.is_empty(), "none".to_owned()),
                ExpectHeader::Values(values) => (
                    values.iter().map(String::as_bytes).eq(found.iter().map(Vec::as_slice)),
                    show_values(values.iter().map(String::as_bytes)),
                ),
            };
            if !matches {
                let found = show_values(found.iter().map(Vec::as_slice));
                self.add(format!("{what}.{name}"), wanted, found);
            }
        }
    }

    fn body(&mut self, what: &str, wanted: Option<&[u8]>, found: &[u8]) {
        const MAX_SHOWN_BYTES: usize = 200;
        let Some(wanted) = wanted else { return };
        if wanted == found {
            return;
        }
        if wanted.len() <= MAX_SHOWN_BYTES && found.len() <= MAX_SHOWN_BYTES {
            self.add(what, show(wanted), show(found));
            return;
        }
        let same = wanted.iter().zip(found).take_while(|(wanted, found)| wanted == found).count();
        let part = |body: &[u8]| {
            let end = body.len().min(same + 40);
            format!("{} bytes with {} at {same}", body.len(), show(&body[same..end]))
        };
        self.add(what, part(wanted), part(found));
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    part.is_empty() || bytes.windows(part.len()).any(|window| window == part)
}

fn show(bytes: &[u8]) -> String {
    format!("\"{}\"", bytes.escape_ascii())
}

fn show_values<'a>(values: impl Iterator<Item = &'a [u8]>) -> String {
    let shown: Vec<_> =
        values.map(|value| format!("{:?}", String::from_utf8_lossy(value))).collect();
    match shown.as_slice() {
        [] => "none".to_owned(),
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}

fn show_logs(logs: &[LogEntry]) -> String {
    let shown: Vec<_> = logs.iter().map(|log| format!("{} {:?}", log.level, log.message)).collect();
    if shown.is_empty() { "none".to_owned() } else { format!("[{}]", shown.join(", ")) }
}
