//! The list of known differences between the two hosts, each with its reason.
//!
//! An entry that no longer occurs is reported, so that the list stays current.

use glob::Pattern;
use http::{HeaderMap, StatusCode};
use http_wasm_abi::Phase;
use http_wasm_testkit::recorded::Mismatch;

use super::compare::Observation;

/// The guest and the case of a difference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) guest: &'a str,
    pub(crate) case: &'a str,
}

/// A known difference, or several of a kind.
#[derive(Debug)]
pub(crate) struct KnownDifference {
    /// Which part of an exchange, as a pattern of [`Mismatch::what`].
    pub(crate) what: &'static str,
    /// A pattern of guests' names.
    pub(crate) guests: &'static str,
    /// A pattern of cases' names.
    pub(crate) cases: &'static str,
    /// What else must hold.
    pub(crate) when: fn(&Mismatch, theirs: &Observation, ours: &Observation) -> bool,
    /// Why they differ.
    pub(crate) reason: &'static str,
    /// Whether it occurs depends on timing.
    pub(crate) is_chance: bool,
}

impl KnownDifference {
    const fn new(
        what: &'static str,
        when: fn(&Mismatch, &Observation, &Observation) -> bool,
        reason: &'static str,
    ) -> Self {
        Self { what, guests: "*", cases: "*", when, reason, is_chance: false }
    }

    const fn of(self, guests: &'static str) -> Self {
        Self { guests, ..self }
    }

    const fn in_case(self, cases: &'static str) -> Self {
        Self { cases, ..self }
    }

    const fn by_chance(self) -> Self {
        Self { is_chance: true, ..self }
    }

    /// Whether this explains a difference.
    pub(crate) fn explains(
        &self,
        context: &Context<'_>,
        difference: &Mismatch,
        (theirs, ours): (&Observation, &Observation),
    ) -> bool {
        let matches =
            |pattern, text: &str| Pattern::new(pattern).is_ok_and(|pattern| pattern.matches(text));
        matches(self.what, &difference.what)
            && matches(self.guests, context.guest)
            && matches(self.cases, context.case)
            && (self.when)(difference, theirs, ours)
    }
}

/// The first entry that explains a difference counts.
pub(crate) const ALL: &[KnownDifference] = &[
    // What is safer here.
    KnownDifference::new(
        "*",
        |_, _, ours| status(ours) == Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
        "ours takes a hundred headers and answers 431 to more, theirs takes any number below a megabyte",
    )
    .in_case("hundreds of headers"),
    KnownDifference::new(
        "response.*",
        |difference, theirs, ours| {
            let is_body = ["response.body", "response.headers.content-length"];
            let says_nothing = |body: &[u8]| body.is_empty() || body == b"internal server error";
            ours.trap == Some(Phase::Request)
                && status(theirs) == status(ours)
                && is_body.contains(&difference.what.as_str())
                && ours.answered().is_some_and(|answer| says_nothing(&answer.body))
        },
        "a guest traps in its request hook: theirs shows the wasm stack trace to the client, ours only logs it",
    ),
    KnownDifference::new(
        "trap",
        |_, theirs, ours| {
            let no_body = theirs.answered().is_some_and(|answer| answer.body.is_empty());
            no_body && status(theirs) == status(ours) && ours.trap == Some(Phase::Request)
        },
        "the answer to a HEAD has no body in which the stack trace could be seen; that theirs trapped shows in the status alone",
    ),
    KnownDifference::new(
        "response",
        |_, theirs, ours| both_trapped(theirs, ours, Phase::Response) && ours.response.is_none(),
        "a guest traps in its response hook when theirs has sent what it has, and breaks the connection after that; ours runs the hook before anything leaves, and sends nothing",
    ),
    KnownDifference::new(
        "response",
        |_, theirs, ours| ours.response.is_none() && is_broken(theirs),
        "a guest changed a body and not its content-length: theirs begins a response that cannot end, ours does not begin it",
    ),
    KnownDifference::new(
        "logs",
        |_, _, _| true,
        "theirs takes an instance that trapped for the next request, with what is left in its memory; ours discards it",
    )
    .of("host-go/error/panic_on_handle_*"),
    KnownDifference::new(
        "response.headers.*",
        |difference, theirs, _| {
            let name = difference.what.trim_start_matches("response.headers.");
            difference.found == "none"
                && theirs.answered().is_some_and(|answer| answer.trailers.contains_key(name))
        },
        "with response buffering theirs turns trailers into headers as well, which a sender of trailers cannot have meant (RFC 9110, 6.5.1)",
    )
    .in_case("answer: trailers"),
    KnownDifference::new(
        "logs",
        |difference, _, _| difference.wanted.contains("info \"x-end: 1\""),
        "with response buffering theirs turns trailers into headers as well, which a sender of trailers cannot have meant (RFC 9110, 6.5.1)",
    )
    .in_case("answer: trailers"),
    // What the guest has nothing to do with.
    KnownDifference::new(
        "response.headers.content-type",
        |difference, _, _| {
            let guesses = ["text/plain; charset=utf-8", "text/html; charset=utf-8", "application/octet-stream"];
            difference.found == "none" && guesses.contains(&difference.wanted.trim_matches('"'))
        },
        "net/http guesses the content-type of a body that has none; a wrong guess is a way to attack browsers, and ours makes none",
    ),
    KnownDifference::new(
        "response.headers.*",
        |difference, theirs, ours| is_framing(difference) && is_chunked(theirs) && !is_chunked(ours),
        "theirs flushes what a guest has written, so it leaves in chunks; ours knows how long it is and says so",
    ),
    KnownDifference::new(
        "response.headers.*",
        |difference, theirs, ours| is_framing(difference) && says_empty(theirs) && is_chunked(ours),
        "a goroutine of theirs sends the head of an answer in chunks; when its end comes before that, the server says a length of 0 instead, which means the same",
    )
    .in_case("answer: no body in chunks")
    .by_chance(),
    KnownDifference::new(
        "response.headers.content-length",
        |difference, _, _| difference.found == "none",
        "theirs counts what a guest wrote as the answer to a HEAD; ours leaves the length out, as HTTP allows",
    )
    .in_case("*[hH][eE][aA][dD]*"),
    KnownDifference::new(
        "*.headers.trailer",
        |_, theirs, ours| announced(theirs) == announced(ours),
        "the names of announced trailers are in another case or another order, which means the same",
    ),
    KnownDifference::new(
        "response.*",
        |_, theirs, ours| {
            let bad = Some(StatusCode::BAD_GATEWAY);
            status(theirs) == bad && status(ours) == bad
        },
        "an upstream that hangs up is a 502 on both; its text is the proxy's, not the guest's",
    )
    .in_case("answer: none"),
    KnownDifference::new(
        "logs",
        |difference, _, _| difference.found.contains("bad gateway"),
        "an upstream that hangs up is a 502 on both; its text is the proxy's, not the guest's",
    )
    .in_case("answer: none"),
    KnownDifference::new(
        "upstream.uri",
        |_, _, _| true,
        "a path with marks that no URI may have is escaped again by net/url, and forwarded unchanged by ours",
    )
    .in_case("marks that no URI has"),
    KnownDifference::new(
        "logs",
        |_, _, _| true,
        "a path with marks that no URI may have is escaped again by net/url, and forwarded unchanged by ours",
    )
    .in_case("marks that no URI has"),
    KnownDifference::new(
        "*",
        |_, theirs, ours| is_broken(theirs) && status(ours) == Some(StatusCode::BAD_GATEWAY),
        "an upstream breaks off while a guest reads its answer: ours answers 502, theirs calls the guest with is_error, sends what came and breaks off too",
    )
    .in_case("answer: less than was promised"),
    KnownDifference::new(
        "response.headers.*",
        |difference, theirs, ours| is_framing(difference) && !is_chunked(theirs) && is_chunked(ours),
        "theirs holds all of a buffered response and says how long it is; ours lets a body that no guest touches pass as it comes",
    )
    .of("*/config")
    .in_case("answer: *"),
    KnownDifference::new(
        "response.headers.connection",
        |difference, _, _| difference.wanted == "none" && difference.found == "\"close\"",
        "an upload that the guest has replaced is read to its end by ours only if it is there by the time of the answer; else the connection is closed",
    )
    .in_case("post *")
    .by_chance(),
    // Faults of theirs that depend on time or on their proxy, so that there is nothing to rebuild.
    KnownDifference::new(
        "*",
        |difference, theirs, ours| difference.what != "trap" && lost(theirs, ours),
        "request buffering of theirs keeps what the last read from the network gave, so how much of a body is lost depends on how it arrived; ours keeps what the last read_body gave",
    ),
    KnownDifference::new(
        "*",
        |difference, theirs, ours| {
            let is_outcome = ["upstream", "response."].iter().any(|part| difference.what.starts_with(part));
            let sent = !theirs.seen.is_empty() && ours.seen.is_empty();
            is_outcome && sent && status(ours) == Some(StatusCode::BAD_GATEWAY)
        },
        "a guest wrote a longer body than content-length says, which is a 502; theirs may have sent as much as fits, and even have an answer, before it notices, ours sends nothing",
    )
    .of("host-go/e2e/*")
    .by_chance(),
    KnownDifference::new(
        "logs",
        |difference, _, _| difference.found.len() > 70_000,
        "ours logs a printed line of more than 64 KiB in pieces",
    )
    .of("*/wasi")
    .in_case("*70,000 bytes"),
];

fn status(observed: &Observation) -> Option<StatusCode> {
    Some(observed.answered()?.status)
}

fn both_trapped(theirs: &Observation, ours: &Observation, phase: Phase) -> bool {
    theirs.trap == Some(phase) && ours.trap == Some(phase)
}

fn is_broken(observed: &Observation) -> bool {
    observed.answered().is_some_and(|answer| answer.broken.is_some())
}

fn is_chunked(observed: &Observation) -> bool {
    observed.answered().is_some_and(|answer| answer.chunked)
}

/// Whether a response says that it has no body.
fn says_empty(observed: &Observation) -> bool {
    let length = observed.answered().and_then(|answer| answer.headers.get("content-length"));
    !is_chunked(observed) && length.is_some_and(|length| length == "0")
}

/// Whether a difference is in how the length of a response is declared.
fn is_framing(difference: &Mismatch) -> bool {
    let name = difference.what.trim_start_matches("response.headers.");
    ["content-length", "transfer-encoding"].contains(&name)
}

/// The names of trailers that a response and a request announce.
fn announced(observed: &Observation) -> [Vec<String>; 2] {
    let names = |headers: &HeaderMap| {
        let values = headers.get_all(http::header::TRAILER).iter();
        let mut names: Vec<_> = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|name| name.trim().to_ascii_lowercase())
            .collect();
        names.sort();
        names
    };
    let response = observed.answered().map(|answer| names(&answer.headers));
    let request = observed.seen.first().map(|seen| names(&seen.headers));
    [response.unwrap_or_default(), request.unwrap_or_default()]
}

/// Whether ours forwarded a body of which theirs forwarded only the end, or nothing with a 502.
fn lost(theirs: &Observation, ours: &Observation) -> bool {
    let Some(whole) = ours.seen.first().map(|seen| &seen.body) else { return false };
    match theirs.seen.first() {
        Some(seen) => whole.len() > seen.body.len() && whole.ends_with(&seen.body),
        None => !whole.is_empty() && status(theirs) == Some(StatusCode::BAD_GATEWAY),
    }
}

/// The entries that did not occur and should have, as texts.
pub(crate) fn stale(occurred: &[(&KnownDifference, usize)]) -> Vec<String> {
    let stale = occurred.iter().filter(|(known, count)| *count == 0 && !known.is_chance);
    stale
        .map(|(known, _)| {
            format!("{} of {} in {}: {}", known.what, known.guests, known.cases, known.reason)
        })
        .collect()
}
