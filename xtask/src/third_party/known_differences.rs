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
    // Ours is safer.
    KnownDifference::new(
        "response.*",
        |difference, theirs, ours| {
            let is_body = ["response.body", "response.headers.content-length"];
            let says_nothing = |body: &[u8]| body.is_empty() || body == b"internal server error";
            ours.trap == Some(Phase::Request)
                && status(theirs) == status(ours)
                && is_body.contains(&difference.what.as_str())
                && ours.response().is_some_and(|response| says_nothing(&response.body))
        },
        "a guest traps in its request hook: theirs shows the wasm stack trace to the client, ours only logs it",
    ),
    KnownDifference::new(
        "trap",
        |_, theirs, ours| {
            let no_body = theirs.response().is_some_and(|response| response.body.is_empty());
            no_body && status(theirs) == status(ours) && ours.trap == Some(Phase::Request)
        },
        "the response to a HEAD has no body with the stack trace; that theirs trapped shows only in the status",
    ),
    KnownDifference::new(
        "response",
        |_, theirs, ours| both_trapped(theirs, ours, Phase::Response) && ours.response.is_none(),
        "a guest traps in its response hook: theirs has sent a part of the response and breaks the connection, ours runs the hook before it sends anything, and sends nothing",
    ),
    KnownDifference::new(
        "response",
        |_, theirs, ours| ours.response.is_none() && is_broken(theirs),
        "a guest changed a body and not its content-length: theirs begins a response that cannot end, ours does not begin it",
    ),
    KnownDifference::new(
        "logs",
        |_, _, _| true,
        "theirs reuses an instance that trapped, with its memory as it is; ours discards it",
    )
    .of("host-go/error/panic_on_handle_*"),
    KnownDifference::new(
        "response.headers.*",
        |difference, theirs, _| {
            let name = difference.what.trim_start_matches("response.headers.");
            difference.found == "none"
                && theirs.response().is_some_and(|response| response.trailers.contains_key(name))
        },
        "with response buffering theirs turns trailers into headers as well, which a sender of trailers cannot have meant (RFC 9110, 6.5.1)",
    )
    .in_case("response: trailers"),
    KnownDifference::new(
        "logs",
        |difference, _, _| difference.wanted.contains("info \"x-end: 1\""),
        "with response buffering theirs turns trailers into headers as well, which a sender of trailers cannot have meant (RFC 9110, 6.5.1)",
    )
    .in_case("response: trailers"),
    // Independent of the guest.
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
        "theirs flushes what a guest has written, so it is sent in chunks; ours knows its length and sends that",
    ),
    KnownDifference::new(
        "response.headers.*",
        |difference, theirs, ours| is_framing(difference) && says_empty(theirs) && is_chunked(ours),
        "theirs sends the head of a chunked response in a goroutine; when the body ends before that, it sends a length of 0 instead, which means the same",
    )
    .in_case("response: no body in chunks")
    .by_chance(),
    KnownDifference::new(
        "response.headers.content-length",
        |difference, _, _| difference.found == "none",
        "theirs counts what a guest wrote in response to a HEAD; ours omits the length, as HTTP allows",
    )
    .in_case("*[hH][eE][aA][dD]*"),
    KnownDifference::new(
        "logs",
        |difference, _, _| difference.wanted.replace("info \"x-hop: 1\", ", "") == difference.found,
        "ours removes what `connection` names before guests see it, as Traefik does; theirs after them (RFC 9110, 7.6.1)",
    )
    .in_case("what belongs to the connection"),
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
        "an upstream that closes the connection is a 502 on both; its text comes from the proxy and not from the guest",
    )
    .in_case("response: none"),
    KnownDifference::new(
        "logs",
        |difference, _, _| difference.found.contains("bad gateway"),
        "an upstream that closes the connection is a 502 on both; its text comes from the proxy and not from the guest",
    )
    .in_case("response: none"),
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
        "an upstream breaks off while a guest reads its response: ours responds 502, theirs calls the guest with is_error, sends what came and breaks off too",
    )
    .in_case("response: less than was promised"),
    KnownDifference::new(
        "response.headers.*",
        |difference, theirs, ours| is_framing(difference) && !is_chunked(theirs) && is_chunked(ours),
        "theirs buffers the whole response and sends its length; ours streams a body that no guest reads",
    )
    .of("*/config")
    .in_case("response: *"),
    KnownDifference::new(
        "response.headers.connection",
        |difference, _, _| difference.wanted == "none" && difference.found == "\"close\"",
        "ours reads an upload that the guest replaced to its end only if it has arrived before the response; otherwise it closes the connection",
    )
    .in_case("post *")
    .by_chance(),
    // Faults of theirs that depend on timing or on their proxy, so they cannot be reproduced.
    KnownDifference::new(
        "*",
        |difference, theirs, ours| difference.what != "trap" && lost(theirs, ours),
        "with request buffering theirs keeps the bytes of the last read from the network, so how much of a body is lost depends on how it arrived; ours keeps those of the last read_body",
    ),
    KnownDifference::new(
        "*",
        |difference, theirs, ours| {
            let is_outcome = ["upstream", "response."].iter().any(|part| difference.what.starts_with(part));
            let sent = !theirs.seen.is_empty() && ours.seen.is_empty();
            is_outcome && sent && status(ours) == Some(StatusCode::BAD_GATEWAY)
        },
        "a guest wrote a longer body than content-length says, which is a 502; theirs may have sent as much as fits, and even have a response, before it notices, ours sends nothing",
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

fn status(observation: &Observation) -> Option<StatusCode> {
    Some(observation.response()?.status)
}

fn both_trapped(theirs: &Observation, ours: &Observation, phase: Phase) -> bool {
    theirs.trap == Some(phase) && ours.trap == Some(phase)
}

fn is_broken(observation: &Observation) -> bool {
    observation.response().is_some_and(|response| response.broken.is_some())
}

fn is_chunked(observation: &Observation) -> bool {
    observation.response().is_some_and(|response| response.chunked)
}

/// Whether a response says that it has no body.
fn says_empty(observation: &Observation) -> bool {
    let length = observation.response().and_then(|response| response.headers.get("content-length"));
    !is_chunked(observation) && length.is_some_and(|length| length == "0")
}

/// Whether a difference is in how the length of a response is declared.
fn is_framing(difference: &Mismatch) -> bool {
    let name = difference.what.trim_start_matches("response.headers.");
    ["content-length", "transfer-encoding"].contains(&name)
}

/// The names of trailers that a response and a request announce.
fn announced(observation: &Observation) -> [Vec<String>; 2] {
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
    let response = observation.response().map(|response| names(&response.headers));
    let request = observation.seen.first().map(|seen| names(&seen.headers));
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
