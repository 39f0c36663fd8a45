//! The host's side of an exchange: what it starts with, what goes on to the next handler, how the
//! next handler's answer comes in, and what the client gets.
//!
//! The faults of real hosts that show only here (lost bodies, lengths that do not fit) are found in
//! this module. Where a profile reproduces them, they also change what comes out.

use std::sync::Arc;

use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_wasm_abi::{Features, Phase};

use super::body::RequestBody;
use super::header_map::SetHeaders;
use super::incoming_body::Incoming;
use super::message::{add_content_length, content_length, expects_body};
use super::response_state::{BodyState, merge_headers};
use super::{Exchange, Framing, Headers, InstanceSettings, Request, Response, validate};

/// The next handler failed in the host, without an answer; the guest sees `is_error`.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("the next handler failed: {0}")]
pub struct NextError(pub String);

/// What follows on a body that the model gave, of what has not arrived there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Nothing: that was all of it.
    Nothing,
    /// None of the bytes, which the guest has replaced; the trailers after them, if there are any.
    Trailers,
    /// All that has not arrived, and so the message has the body that its sender gave it.
    AsSent,
    /// All that has not arrived, and so the message has another body than its sender gave it: of this
    /// length, where that is known.
    Changed(Option<u64>),
}

/// A request for the next handler, as the guest has left it.
#[derive(Debug)]
pub struct Forwarded<'a> {
    /// Such as `GET`.
    pub method: &'a str,
    /// Path and query, percent-encoded.
    pub uri: &'a str,
    /// The headers, to be taken out.
    pub headers: Outgoing<'a>,
    /// What follows the body.
    pub trailers: Headers,
    /// The body, as far as the model has it.
    pub body: Vec<u8>,
    /// Sent without a length.
    pub chunked: bool,
    /// What follows on the body.
    pub rest: Rest,
}

/// Headers for the next handler.
#[derive(Debug)]
pub enum Outgoing<'a> {
    /// Those of the exchange, which does not need them any more.
    Moved(&'a mut Headers),
    /// A copy.
    Copied(Headers),
}

impl Outgoing<'_> {
    /// Takes them out.
    #[must_use]
    pub fn into_headers(self) -> Headers {
        match self {
            Self::Moved(headers) => std::mem::take(headers),
            Self::Copied(headers) => headers,
        }
    }

    /// Moves them to a map of an HTTP library, in place of those that were there.
    ///
    /// # Errors
    ///
    /// The first name and value that HTTP does not allow.
    #[inline]
    pub fn move_to(self, map: &mut HeaderMap) -> Result<(), (String, Vec<u8>)> {
        match self {
            Self::Moved(headers) => headers.move_to(map),
            Self::Copied(mut headers) => headers.move_to(map),
        }
    }
}

impl Exchange {
    /// The exchange of `request`, before `handle_request`.
    ///
    /// A body of known length gets its `content-length`, as every client sends it.
    #[must_use]
    pub fn for_request(settings: impl Into<Arc<InstanceSettings>>, mut request: Request) -> Self {
        add_content_length(&mut request.headers, &request.body, request.chunked);
        let body = std::mem::take(&mut request.body);
        let length = body.len() as u64;
        let mut exchange =
            Self::with(settings.into(), Phase::Request, request, Incoming::whole(body));
        exchange.sent_length = Some(length);
        exchange
    }

    /// The exchange of a request whose body and trailers have not arrived, before `handle_request`.
    #[must_use]
    pub fn for_request_head(settings: impl Into<Arc<InstanceSettings>>, head: Request) -> Self {
        let length = content_length(&head.headers);
        let incoming = Incoming::awaited(length);
        let mut exchange = Self::with(settings.into(), Phase::Request, head, incoming);
        exchange.sent_length = length;
        exchange
    }

    /// Begins with a request whose body and trailers have not arrived, in place of an exchange that is
    /// over: like [`Exchange::for_request_head`], but what that one allocated is used again.
    ///
    /// `fill` sets every field of the request but the body and the trailers; without `arrives` there
    /// is no body.
    #[inline]
    pub fn begin(
        &mut self,
        new_settings: &Arc<InstanceSettings>,
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
            header_bytes,
            header_cache,
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
        *header_bytes = 0;
        header_cache.rewind();
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
        *request_body = RequestBody::new(incoming);
        response.reset();
        if !logs.is_empty() {
            drop(logs.take());
        }
        calls.clear();
        problems.clear();
    }

    /// What the next handler gets after `handle_request` said to forward.
    ///
    /// `None` where the host cannot send this request and answers 502 by itself; then
    /// [`Exchange::problems`] says why. The host passes that answer to [`Exchange::answer`].
    pub fn forward(&mut self) -> Option<Request> {
        let version = self.request.version.clone();
        let source_addr = self.request.source_addr.clone();
        let Forwarded { method, uri, headers, trailers, body, chunked, rest: _ } =
            self.forward_head(true)?;
        Some(Request {
            method: method.to_owned(),
            uri: uri.to_owned(),
            version,
            headers: headers.into_headers(),
            body,
            chunked,
            trailers,
            source_addr,
        })
    }

    /// Like [`Exchange::forward`], where the body may not all have arrived. With `keeps` the headers
    /// stay, for a guest that looks at them after the next handler; without it they are moved out.
    pub fn forward_head(&mut self, keeps: bool) -> Option<Forwarded<'_>> {
        let rules = self.rules();
        let body = self.forwarded_body()?;
        let chunked = self.request.chunked;
        let sent = self.sent_length;
        let mut bytes = body.bytes;
        let length = match (body.rest, sent) {
            (true, Some(sent)) => Some(sent.saturating_sub(body.skipped)),
            (true, None) => None,
            (false, _) => Some(bytes.len() as u64),
        };
        let rest = match (body.rest, body.skipped) {
            (false, _) => Rest::Nothing,
            (true, 0) => Rest::AsSent,
            (true, _) => Rest::Changed(length),
        };
        if let (false, Some(sent), Some(length)) = (chunked, sent, length)
            && length != sent
        {
            if rules.request_length_is_fixed && sent > 0 {
                self.problem(None, format!("the request's body of {sent} bytes became one of {length}, but its length was fixed by the client: the host answers 502"));
                return None;
            }
            if rules.request_length_is_fixed {
                self.problem(None, format!("a body of {length} bytes was written to a request that came without one: it is lost"));
                bytes.clear();
            } else if rules.reports {
                self.problem(None, format!("the request's body of {sent} bytes became one of {length}: with a fixed content-length the official Go host answers 502, or loses it where there was none; write as many bytes as were sent, or change only requests without content-length"));
            }
        }
        // In place, unless the guest looks at them later.
        let mut copy = None;
        if keeps {
            copy = Some(std::mem::take(&mut self.request.headers));
            self.request.headers = copy.clone().unwrap_or_default();
        }
        let is_known = rest == Rest::Nothing || chunked;
        if rules.request_length_is_fixed && is_known {
            let headers = &mut self.request.headers;
            headers.remove("content-length");
            add_content_length(headers, &bytes, chunked);
            // A client that counts for itself says that there is no body where one is expected.
            if expects_body(&self.request) && bytes.is_empty() && !chunked {
                self.request.headers.insert("content-length", "0");
            }
        }
        if let Some(length) = length.filter(|_| rules.reports && !chunked) {
            self.report_request_length(length);
        }
        if !rules.validates && !self.is_sendable() {
            self.request.headers = copy.unwrap_or_default();
            return None;
        }
        let request = &mut self.request;
        let trailers =
            if keeps { request.trailers.clone() } else { std::mem::take(&mut request.trailers) };
        let headers = match copy {
            Some(kept) => Outgoing::Copied(std::mem::replace(&mut request.headers, kept)),
            None => Outgoing::Moved(&mut request.headers),
        };
        let uri = validate::uri(&request.uri);
        let method = &request.method;
        Some(Forwarded { method, uri, headers, trailers, body: bytes, chunked, rest })
    }

    /// Takes out where the client said that the request's body ends, if the guest has said otherwise.
    pub fn take_sent_framing(&mut self) -> Option<Framing> {
        self.sent_framing.take().map(|framing| *framing)
    }

    fn report_request_length(&mut self, length: u64) {
        if let Some(declared) = self.request.headers.first_of(&CONTENT_LENGTH)
            && declared != length.to_string().as_bytes()
        {
            let declared = validate::show(declared);
            self.problem(None, format!("the request's content-length is {declared}, its body has {length} bytes: the official Go host ignores the header, others fail; leave it as it was"));
        }
    }

    /// Whether a real host's client would send this.
    fn is_sendable(&mut self) -> bool {
        let reason = if !validate::is_token(self.request.method.as_bytes()) {
            format!("the method {:?} cannot be sent", self.request.method)
        } else if let Some((name, found)) = self.request.headers.iter().find(|(name, found)| {
            !validate::is_token(name.as_bytes()) || !validate::is_value(found)
        }) {
            format!("the request header {name:?}: {} cannot be sent", validate::show(found))
        } else {
            return true;
        };
        self.problem(None, format!("{reason}: the host answers 502"));
        false
    }

    /// Takes the next handler's answer and begins the phase of `handle_response`.
    ///
    /// A body of known length gets its `content-length`, as every server sends it.
    pub fn answer(&mut self, answer: Result<Response, NextError>) {
        let buffered = self.buffers_response();
        if self.response.body_state.is_written()
            || self.response.head.is_some()
            || self.response.status.is_some()
        {
            self.report_response_before_next();
        }
        self.phase = Phase::Response;
        match answer {
            Ok(mut response) => {
                add_content_length(&mut response.headers, &response.body, response.chunked);
                let body = std::mem::take(&mut response.body);
                self.response.incoming = Incoming::whole(body);
                self.merge(response);
                if self.response.body_state.is_written() {
                    // What comes then is part of what the guest writes.
                    let body = self.response.incoming.take_held();
                    self.response.body.extend_from_slice(&body);
                }
            }
            Err(_) => {
                let status = self.rules().failed_next_status.into();
                self.response.status.get_or_insert(status);
            }
        }
        if !buffered {
            self.response.send_head();
        }
    }

    /// Takes the head of the next handler's answer, whose body and trailers have not arrived, and
    /// begins the phase of `handle_response`.
    pub fn answer_head(&mut self, mut head: Response) {
        head.body.clear();
        head.chunked = true;
        let length = content_length(&head.headers);
        let body_state = std::mem::take(&mut self.response.body_state);
        self.answer(Ok(head));
        self.response.body_state = body_state;
        self.response.incoming = Incoming::awaited(length);
    }

    /// Whether the guest has set a few headers for the response and nothing else, after its request hook. A
    /// host whose guest does nothing later can be done with the exchange then.
    #[must_use]
    pub fn has_set_headers_only(&self) -> bool {
        self.response.has_headers_only()
            && self.response.headers.is_list()
            && !self.response.headers.pairs().any(|(name, _)| Framing::is(name))
    }

    /// Whether the guest has set, or may still set, a header that says where the response ends.
    #[must_use]
    pub fn may_frame_response(&self) -> bool {
        self.buffers_response() || self.response.headers.pairs().any(|(name, _)| Framing::is(name))
    }

    /// Takes out the headers that the guest has set for the response, where it
    /// [has set only these](Self::has_set_headers_only).
    pub fn take_response_headers(&mut self) -> SetHeaders {
        self.response.headers.take_list()
    }

    /// Whether the response's head has left, so that a host that wants to send another one cannot.
    pub const fn has_sent_head(&self) -> bool {
        self.response.head.is_some()
    }

    fn report_response_before_next(&mut self) {
        if self.rules().reports {
            self.problem(None, "the guest wrote a status or a body and then went on to the next handler: real hosts send the guest's head and put both bodies after each other; set response headers only, or stop");
        }
    }

    fn merge(&mut self, response: Response) {
        self.take_upstream_trailers(response.trailers);
        if self.response.head.is_some() {
            return;
        }
        self.response.status = Some(response.status.into());
        if response.headers.is_empty() {
            return;
        }
        let mine = std::mem::take(&mut self.response.headers);
        let mut reports = Vec::new();
        let profile = self.settings.settings.profile;
        let merged = merge_headers(profile, mine, response.headers, |report| reports.push(report));
        self.response.headers = merged;
        for report in reports {
            self.problem(None, report.message);
        }
    }

    pub(super) fn take_upstream_trailers(&mut self, trailers: Headers) {
        if self.rules().reports {
            for name in trailers.in_both(&self.response.trailers) {
                self.problem(None, format!("the response trailer {name:?} was set before the next handler's, which has it too: hosts send both values, in this order or that; set it in handle_response with response buffering"));
            }
        }
        if !self.rules().one_trailer_map {
            self.response.trailers.append_all(trailers.clone());
        }
        self.response.upstream_trailers = trailers;
    }

    /// What the client gets. `None`: nothing usable, the connection breaks; then
    /// [`Exchange::problems`] says why.
    pub fn finish(&mut self) -> Option<Response> {
        self.finish_head().map(|(response, _)| response)
    }

    /// What the client gets, where the body may not all have arrived: like [`Exchange::finish`].
    pub fn finish_head(&mut self) -> Option<(Response, Rest)> {
        let rules = self.rules();
        let mut draft = std::mem::take(&mut self.response);
        let declared = draft.declared_length();
        let (status, headers) = match draft.head {
            Some(head) => (head.status, head.headers.unwrap_or(draft.headers)),
            None => {
                let status = draft.status.filter(|&status| !rules.skips(status));
                (status.unwrap_or(200), draft.headers)
            }
        };
        let Some(status) = validate::status(status) else {
            self.problem(
                None,
                format!("the status code is {status}, wanted 100 to 999: the connection breaks"),
            );
            return None;
        };
        let replaced = draft.body_state == BodyState::Replaced;
        let mut body = draft.body;
        let mut rest = match (draft.incoming.is_arriving(), replaced) {
            (false, _) => Rest::Nothing,
            // Without a body that ends in chunks there is no place for trailers.
            (true, true) if declared.is_some() || self.head_request => Rest::Nothing,
            (true, true) => Rest::Trailers,
            (true, false) if body.is_empty() => Rest::AsSent,
            (true, false) => Rest::Changed(None),
        };
        if !replaced {
            if body.is_empty() {
                body = draft.incoming.take_held();
            } else {
                body.extend_from_slice(draft.incoming.held());
            }
        }
        let is_head = self.head_request;
        let bodiless = !validate::allows_body(status);
        if bodiless && !body.is_empty() && !is_head {
            let message = format!(
                "a response with status {status} has no body, {} bytes were written: they are lost",
                body.len()
            );
            self.problem(None, message);
            body.clear();
        }
        if bodiless {
            rest = Rest::Nothing;
        }
        if let Some(declared) = declared
            && declared != body.len() as u64
            && !is_head
            && !bodiless
            && rest == Rest::Nothing
        {
            // A server refuses bytes beyond the length, so that one of nothing is kept.
            let what = if declared == 0 { "loses the body" } else { "sees a broken response" };
            let message = format!(
                "the response's content-length is {declared}, its body has {} bytes: the client {what}; remove or rewrite content-length when the body changes",
                body.len()
            );
            self.problem(None, message);
            match (rules.reports, declared) {
                (true, _) => {}
                (false, 0) => body.clear(),
                (false, _) => return None,
            }
        }
        if is_head {
            body.clear();
        }
        let mut trailers = draft.trailers;
        if rules.one_trailer_map {
            // Under other keys of the map than the guest's, and sent in the order of the keys: those
            // of the next handler begin with a capital letter.
            let guests = std::mem::replace(&mut trailers, draft.upstream_trailers);
            trailers.append_all(guests);
        }
        if !trailers.is_empty() && declared.is_some() {
            self.problem(None, "the response has trailers and a content-length: the trailers are not sent; remove content-length");
            trailers = Headers::new();
        }
        let (headers, trailers) = if rules.validates {
            (headers, trailers)
        } else {
            (validate::as_sent(headers), validate::as_sent(trailers))
        };
        Some((Response { status, headers, body, chunked: false, trailers }, rest))
    }

    /// Lets go of the request's body, which nobody asks for any more.
    pub fn forget_request_body(&mut self) {
        self.request_body = super::body::RequestBody::default();
    }

    /// The features that are enabled for this exchange and not for all.
    pub(super) fn enable(&mut self, features: Features) {
        self.features = features;
        if self.phase == Phase::Init {
            Arc::make_mut(&mut self.settings).features = features;
        }
    }
}
