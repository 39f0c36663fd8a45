//! The host's side of an exchange: what it starts with, and how the next handler's answer comes in.

use std::sync::Arc;

use http::HeaderMap;
use http_wasm_abi::{Features, Phase};

use super::body::RequestBody;
use super::incoming_body::Incoming;
use super::message::{add_content_length, content_length, length_in};
use super::response_state::{HeaderClash, merge_headers};
use super::set_headers::SetHeaders;
use super::{Exchange, Framing, Headers, InstanceSettings, Problem, Request, Response};

/// The next handler failed in the host, without an answer; the guest sees `is_error`.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("the next handler failed: {0}")]
pub struct NextError(pub String);

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
            random_state,
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
        *random_state = None;
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
        self.begin_response();
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
    /// begins the phase of `handle_response`. The headers are taken out.
    pub fn answer_head(&mut self, status: u16, headers: &mut HeaderMap) {
        let buffered = self.buffers_response();
        self.begin_response();
        let response = &mut self.response;
        response.incoming = Incoming::awaited(length_in(headers));
        if response.head.is_none() {
            response.status = Some(status.into());
            if response.headers.is_empty() {
                response.headers.take_from(headers);
            } else {
                let theirs = Headers::from(std::mem::take(headers));
                if Framing::NAMES.iter().any(|name| response.headers.contains(name.as_str())) {
                    response.sent_framing = Some(Box::new(Framing::of(&theirs)));
                }
                self.merge_headers(theirs);
            }
        }
        if !buffered {
            self.response.send_head();
        }
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

    /// Takes out the headers that the guest has set for the response, where it
    /// [has set only these](Self::has_set_headers_only).
    pub fn take_response_headers(&mut self) -> SetHeaders {
        SetHeaders::take_from(&mut self.response.headers)
    }

    /// Whether the response's head has left, so that a host that wants to send another one cannot.
    pub const fn has_sent_head(&self) -> bool {
        self.response.head.is_some()
    }

    fn begin_response(&mut self) {
        let response = &self.response;
        let is_begun = response.body_state.is_written()
            || response.head.is_some()
            || response.status.is_some();
        if is_begun && self.rules().reports {
            self.problem(None, "the guest wrote a status or a body and then went on to the next handler: real hosts send the guest's head and put both bodies after each other; set response headers only, or stop");
        }
        self.phase = Phase::Response;
    }

    fn merge(&mut self, response: Response) {
        self.take_upstream_trailers(response.trailers);
        if self.response.head.is_some() {
            return;
        }
        self.response.status = Some(response.status.into());
        if !response.headers.is_empty() {
            self.merge_headers(response.headers);
        }
    }

    /// Adds the headers of the next handler to those that the guest has set.
    fn merge_headers(&mut self, theirs: Headers) {
        let mine = std::mem::take(&mut self.response.headers);
        let mut reports: Vec<Problem> = Vec::new();
        let profile = self.settings.settings.profile;
        let report = |clash: HeaderClash<'_>| reports.push(clash.into());
        self.response.headers = merge_headers(profile, mine, theirs, report);
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
