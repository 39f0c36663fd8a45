//! The host's side of an exchange: what it starts with, what goes on to the next handler, how the
//! next handler's answer comes in, and what the client gets.
//!
//! The faults of real hosts that show only here (lost bodies, lengths that do not fit) are found in
//! this module. Where a profile reproduces them, they also change what comes out.

use std::sync::Arc;

use http_wasm_abi::{Features, Phase};

use super::body::RequestBody;
use super::incoming_body::Incoming;
use super::message::{add_content_length, content_length};
use super::response_state::{BodyState, HeaderClash, merge_headers};
use super::set_headers::SetHeaders;
use super::{Exchange, Framing, Headers, InstanceSettings, Problem, Request, Response, validate};

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

    /// Takes the status of the next handler's answer, without its headers, and begins the phase of
    /// `handle_response`: for a guest that [has set headers only](Self::has_set_headers_only).
    pub fn answer_status(&mut self, status: u16) {
        self.phase = Phase::Response;
        self.response.status = Some(status.into());
        self.response.incoming = Incoming::awaited(None);
        if !self.buffers_response() {
            self.response.send_head();
        }
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
        SetHeaders::take_from(&mut self.response.headers)
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
        let mut reports: Vec<Problem> = Vec::new();
        let profile = self.settings.settings.profile;
        let report = |clash: HeaderClash<'_>| reports.push(clash.into());
        let merged = merge_headers(profile, mine, response.headers, report);
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
