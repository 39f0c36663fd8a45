//! The host's side of an exchange: what it starts with, what goes on to the next handler, how the
//! next handler's answer comes in, and what the client gets.
//!
//! The faults of real hosts that show only here (lost bodies, lengths that do not fit) are found in
//! this module. Where a profile reproduces them, they also change what comes out.

use http_wasm_abi::{Features, Phase};

use super::message::add_content_length;
use super::{Exchange, Headers, Request, Response, Settings, body, value};

/// The next handler failed in the host, without an answer; the guest sees `is_error`.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("the next handler failed: {0}")]
pub struct NextError(pub String);

/// The response while it is being made.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) status: Option<u32>,
    pub(super) headers: Headers,
    pub(super) trailers: Headers,
    /// Those that the next handler sent.
    pub(super) upstream_trailers: Headers,
    pub(super) body: Vec<u8>,
    /// What is sent already: later changes of status and headers come too late.
    pub(super) head: Option<(u32, Headers)>,
    pub(super) reader: Option<body::Reader>,
    /// The guest has begun to write the body; later writes append.
    pub(super) writing: bool,
    /// The host passes the body on by itself: what is in this model is not all.
    pub(super) passes: bool,
}

impl Draft {
    /// Sends status and headers as they are now.
    pub(super) fn send_head(&mut self) {
        if self.head.is_none() {
            self.head = Some((self.status.unwrap_or(200), self.headers.clone()));
        }
    }

    /// The length that the sent or coming head promises.
    pub(super) fn declared_length(&self) -> Option<u64> {
        let headers = self.head.as_ref().map_or(&self.headers, |(_, headers)| headers);
        std::str::from_utf8(headers.first("content-length")?).ok()?.trim().parse().ok()
    }
}

impl Exchange {
    /// The exchange of `request`, before `handle_request`.
    ///
    /// A body of known length gets its `content-length`, as every client sends it.
    #[must_use]
    pub fn for_request(settings: Settings, mut request: Request) -> Self {
        add_content_length(&mut request.headers, &request.body, request.chunked);
        let mut exchange = Self::new(settings);
        exchange.phase = Phase::Request;
        exchange.head_request = request.method == "HEAD";
        exchange.sent_uri.clone_from(&request.uri);
        exchange.request = request;
        exchange
    }

    /// What the next handler gets after `handle_request` said to go on.
    ///
    /// `None` where the host cannot send this request and answers 502 by itself; then
    /// [`Exchange::problems`] says why. The host passes that answer to [`Exchange::answer`].
    pub fn forward(&mut self) -> Option<Request> {
        let rules = self.rules();
        let sent = self.request.body.len();
        let body = self.forwarded_body()?;
        let mut request = Request {
            method: self.request.method.clone(),
            uri: value::uri(&self.request.uri).to_owned(),
            version: self.request.version.clone(),
            headers: self.request.headers.clone(),
            body,
            chunked: self.request.chunked,
            trailers: self.request.trailers.clone(),
            source_addr: self.request.source_addr.clone(),
        };
        if !request.chunked && request.body.len() != sent {
            let length = request.body.len();
            if rules.request_length_is_fixed && sent > 0 {
                self.problem(None, format!("the request's body of {sent} bytes became one of {length}, but its length was fixed by the client: the host answers 502"));
                return None;
            }
            if rules.request_length_is_fixed {
                self.problem(None, format!("a body of {length} bytes was written to a request that came without one: it is lost"));
                request.body.clear();
            } else if rules.reports {
                self.problem(None, format!("the request's body of {sent} bytes became one of {length}: with a fixed content-length the official Go host answers 502, or loses it where there was none; write as many bytes as were sent, or change only requests without content-length"));
            }
        }
        if rules.request_length_is_fixed && !request.chunked {
            request.headers.remove("content-length");
            add_content_length(&mut request.headers, &request.body, false);
        }
        if rules.reports && !request.chunked {
            self.report_request_length(&request);
        }
        if !rules.validates && !self.sendable(&request) {
            return None;
        }
        Some(request)
    }

    fn report_request_length(&mut self, request: &Request) {
        let length = request.body.len().to_string();
        if let Some(declared) = request.headers.first("content-length")
            && declared != length.as_bytes()
        {
            let declared = value::show(declared);
            self.problem(None, format!("the request's content-length is {declared}, its body has {length} bytes: the official Go host ignores the header, others fail; leave it as it was"));
        }
    }

    /// Whether a real host's client would send this.
    fn sendable(&mut self, request: &Request) -> bool {
        let reason = if !value::is_token(request.method.as_bytes()) {
            format!("the method {:?} cannot be sent", request.method)
        } else if let Some((name, found)) = request
            .headers
            .iter()
            .find(|(name, found)| !value::is_token(name.as_bytes()) || !value::is_value(found))
        {
            format!("the request header {name:?}: {} cannot be sent", value::show(found))
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
        if self.response.writing || self.response.head.is_some() || self.response.status.is_some() {
            self.report_response_before_next();
        }
        self.phase = Phase::Response;
        match answer {
            Ok(mut response) => {
                add_content_length(&mut response.headers, &response.body, response.chunked);
                self.merge(response);
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

    /// Whether the next handler's body has to be in the answer: the guest may read or replace it,
    /// or has already sent something of its own. Otherwise the host can pass it on by itself, see
    /// [`Exchange::answer_head`]. To be asked after `handle_request`.
    #[must_use]
    pub fn needs_response_body(&self) -> bool {
        self.buffers_response()
            || self.features.contains(Features::TRAILERS)
            || self.response.head.is_some()
            || self.response.writing
            || !self.response.trailers.is_empty()
    }

    /// As [`Exchange::answer`], for an answer whose body and trailers the host passes on by itself:
    /// what [`Exchange::finish`] gives has none.
    pub fn answer_head(&mut self, mut head: Response) {
        head.body.clear();
        head.chunked = true;
        self.response.passes = true;
        self.answer(Ok(head));
    }

    fn report_response_before_next(&mut self) {
        if self.rules().reports {
            self.problem(None, "the guest wrote a status or a body and then went on to the next handler: real hosts send the guest's head and put both bodies after each other; set response headers only, or stop");
        }
    }

    fn merge(&mut self, response: Response) {
        let rules = self.rules();
        self.response.body.extend_from_slice(&response.body);
        if !rules.one_trailer_map {
            self.response.trailers.extend(response.trailers.iter());
        }
        self.response.upstream_trailers = response.trailers;
        if self.response.head.is_some() {
            return;
        }
        self.response.status = Some(response.status.into());
        let twice: Vec<String> = response
            .headers
            .names()
            .filter(|name| self.response.headers.contains(name))
            .map(str::to_owned)
            .collect();
        if rules.reports {
            for name in &twice {
                self.problem(None, format!("the response header {name:?} was set before the next handler, which set it too: the official Go host sends both values, others only the last; set it in handle_response with response buffering"));
            }
        }
        if rules.exact_case {
            for name in &twice {
                self.response.headers.remove(name);
            }
        }
        self.response.headers.extend(response.headers.iter());
    }

    /// What the client gets. `None`: nothing usable, the connection breaks; then
    /// [`Exchange::problems`] says why.
    pub fn finish(&mut self) -> Option<Response> {
        let rules = self.rules();
        let draft = std::mem::take(&mut self.response);
        let declared = draft.declared_length();
        let (status, headers) =
            draft.head.unwrap_or_else(|| (draft.status.unwrap_or(200), draft.headers));
        let Some(status) = value::status(status) else {
            self.problem(
                None,
                format!("the status code is {status}, wanted 100 to 999: the connection breaks"),
            );
            return None;
        };
        let mut body = draft.body;
        let is_head = self.head_request;
        let bodiless = !value::allows_body(status);
        if bodiless && !body.is_empty() && !is_head {
            let message = format!(
                "a response with status {status} has no body, {} bytes were written: they are lost",
                body.len()
            );
            self.problem(None, message);
            body.clear();
        }
        if let Some(declared) = declared
            && declared != body.len() as u64
            && !is_head
            && !bodiless
            && !draft.passes
        {
            let message = format!(
                "the response's content-length is {declared}, its body has {} bytes: the client sees a broken response; remove or rewrite content-length when the body changes",
                body.len()
            );
            self.problem(None, message);
            if !rules.reports {
                return None;
            }
        }
        if is_head {
            body.clear();
        }
        let mut trailers = draft.trailers;
        if rules.one_trailer_map {
            trailers.extend(draft.upstream_trailers.iter());
        }
        if !trailers.is_empty() && declared.is_some() {
            self.problem(None, "the response has trailers and a content-length: the trailers are not sent; remove content-length");
            trailers = Headers::new();
        }
        let (headers, trailers) = if rules.validates {
            (headers, trailers)
        } else {
            (value::as_sent(&headers), value::as_sent(&trailers))
        };
        Some(Response { status, headers, body, chunked: false, trailers })
    }

    /// The features that are enabled for this exchange and not for all.
    pub(super) fn enable(&mut self, features: Features) {
        self.features = features;
        if self.phase == Phase::Init {
            self.settings.features = features;
        }
    }
}
