//! Exchanges in which a guest lets both messages pass and changes at most their heads: most of them.
//! A host can begin and end these in place, without making a request and a response for the model.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_wasm_abi::{Features, Phase};

use super::arriving::Incoming;
use super::draft::{Draft, merge_headers, set_twice};
use super::message::{content_length, expects_body};
use super::{Exchange, Framing, Headers, Problem, Request, Settings, body};
use crate::profile::Profile;

impl Exchange {
    /// Begins anew, as [`Exchange::for_request_head`] does, in the room of an exchange that is over.
    /// `fill` sets every field of the request but the body and the trailers; without `arrives` there
    /// is no body.
    pub(crate) fn begin(
        &mut self,
        new_settings: &Arc<Settings>,
        arrives: bool,
        fill: impl FnOnce(&mut Request),
    ) {
        // All fields by name, so that none is forgotten.
        let Self {
            settings,
            phase,
            features,
            request,
            sent_uri,
            sent_length,
            sent_framing,
            gives_request_away,
            header_bytes,
            head_request,
            request_body,
            response,
            reads,
            config_reads,
            logs,
            calls,
            problems,
        } = self;
        if !Arc::ptr_eq(settings, new_settings) {
            *settings = Arc::clone(new_settings);
        }
        request.body.clear();
        if !request.trailers.is_empty() {
            request.trailers = Headers::new();
        }
        fill(request);
        *phase = Phase::Request;
        *features = settings.features;
        *sent_uri = None;
        *sent_framing = None;
        *gives_request_away = false;
        *header_bytes = 0;
        *head_request = request.method == "HEAD";
        *reads = 0;
        *config_reads = 0;
        let incoming = if arrives {
            let length = content_length(&request.headers);
            *sent_length = length;
            Incoming::awaited(length)
        } else {
            *sent_length = Some(0);
            Incoming::default()
        };
        *request_body = body::RequestBody::new(incoming);
        if !response.is_untouched() {
            *response = Draft::default();
        }
        if !logs.is_empty() {
            drop(logs.take());
        }
        calls.clear();
        problems.clear();
    }

    /// Whether the guest, after its request hook, has done nothing but look, and change heads. Then
    /// both bodies pass as they are.
    pub(crate) fn passes(&self) -> bool {
        self.features == Features::NONE
            && self.sent_framing.is_none()
            && self.request_body.is_untouched()
            && self.response.has_headers_only()
            // What cannot be in a map is looked at by who sends it.
            && self.request.headers.is_map()
            && self.response.headers.is_map()
            && !self.rewrites_length()
    }

    /// Whether a host counts the bytes of a request that has none, and does not say what its client
    /// has said.
    fn rewrites_length(&self) -> bool {
        self.rules().request_length_is_fixed
            && self.sent_length == Some(0)
            && (expects_body(&self.request) || self.request.headers.contains("content-length"))
    }

    /// Takes out the request's headers, where the exchange [passes](Self::passes).
    pub(crate) fn take_request_headers(&mut self) -> Headers {
        std::mem::take(&mut self.request.headers)
    }

    /// Takes out where the client said that the request's body ends, if the guest has said otherwise.
    pub(crate) fn take_sent_framing(&mut self) -> Option<Framing> {
        self.sent_framing.take().map(|framing| *framing)
    }

    /// Takes out the headers that the guest has set for the response, where the exchange
    /// [passes](Self::passes). Their map stays, for the next exchange.
    pub(crate) fn take_response_headers(&mut self) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = Vec::with_capacity(self.response.headers.count());
        let mut last = None;
        for (name, value) in self.response.headers.drain_map() {
            // Without a name it is one more value of the last one.
            last = name.or(last);
            if let Some(name) = &last {
                headers.push((name.clone(), value));
            }
        }
        headers
    }
}

/// The headers of a response, where the exchange has ended before: those that the guest has set, and
/// those that the next handler has sent. What is not portable about it is given to `report`.
pub(crate) fn merge_passing(
    profile: Profile,
    mine: Headers,
    theirs: Headers,
    mut report: impl FnMut(&Problem),
) -> Headers {
    merge_headers(profile.rules(), mine, theirs, |message| {
        report(&Problem { phase: Phase::Response, function: None, message });
    })
}

/// The same in place, for headers that say nothing about where the message ends.
pub(crate) fn prepend_passing(
    profile: Profile,
    mine: Vec<(HeaderName, HeaderValue)>,
    theirs: &mut HeaderMap,
    mut report: Option<impl FnMut(&Problem)>,
) {
    let rules = profile.rules();
    let is_mine = |name: &&HeaderName| mine.iter().any(|(own, _)| own == *name);
    let twice: Vec<_> = theirs.keys().filter(is_mine).cloned().collect();
    if let Some(report) = report.as_mut().filter(|_| rules.reports) {
        for name in &twice {
            let message = set_twice(name.as_str());
            report(&Problem { phase: Phase::Response, function: None, message });
        }
    }
    // From the last to the first, each before what is there.
    for (name, value) in mine.into_iter().rev() {
        if rules.exact_case && twice.contains(&name) {
            continue;
        }
        let others: Vec<_> = theirs.get_all(&name).iter().cloned().collect();
        theirs.insert(name.clone(), value);
        for other in others {
            theirs.append(name.clone(), other);
        }
    }
}

/// The status that a client gets where the next handler failed and the guest has set none.
pub(crate) fn failed_next_status(profile: Profile) -> StatusCode {
    let status = profile.rules().failed_next_status;
    StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY)
}
