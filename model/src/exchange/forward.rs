//! The request for the next handler, as the guest has left it.
//!
//! The faults of real hosts that show only here (lost bodies, lengths that do not fit) are found here.
//! Where a profile reproduces them, they also change what is forwarded.

use http::HeaderMap;
use http::header::CONTENT_LENGTH;

use super::finish::Rest;
use super::message::{add_content_length, expects_body};
use super::{Exchange, Framing, Headers, Request, validate};

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
    pub trailers: Outgoing<'a>,
    /// The body, as far as the model has it.
    pub body: Vec<u8>,
    /// Sent without a length.
    pub chunked: bool,
    /// What follows on the body.
    pub rest: Rest,
    /// Where the request ends as the client said it, if the guest has said otherwise.
    pub framing: Option<Framing>,
}

/// Headers for the next handler.
#[derive(Debug)]
pub enum Outgoing<'a> {
    /// Those of the exchange, which does not need them any more.
    Moved(&'a mut Headers),
    /// A copy.
    Copied(Box<Headers>),
}

impl Outgoing<'_> {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Moved(headers) => headers.is_empty(),
            Self::Copied(headers) => headers.is_empty(),
        }
    }

    /// Takes them out.
    #[must_use]
    pub fn into_headers(self) -> Headers {
        match self {
            Self::Moved(headers) => std::mem::take(headers),
            Self::Copied(headers) => *headers,
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
    /// What the next handler gets after `handle_request` said to forward.
    ///
    /// `None` where the host cannot send this request and answers 502 by itself; then
    /// [`Exchange::problems`] says why. The host passes that answer to [`Exchange::answer`].
    pub fn forward(&mut self) -> Option<Request> {
        let version = self.request.version.clone();
        let source_addr = self.request.source_addr.clone();
        let Forwarded { method, uri, headers, trailers, body, chunked, rest: _, framing: _ } =
            self.forward_head(true)?;
        Some(Request {
            method: method.to_owned(),
            uri: uri.to_owned(),
            version,
            headers: headers.into_headers(),
            body,
            chunked,
            trailers: trailers.into_headers(),
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
        let trailers = match keeps {
            true => Outgoing::Copied(Box::new(request.trailers.clone())),
            false => Outgoing::Moved(&mut request.trailers),
        };
        let headers = match copy {
            Some(kept) => Outgoing::Copied(Box::new(std::mem::replace(&mut request.headers, kept))),
            None => Outgoing::Moved(&mut request.headers),
        };
        let uri = validate::uri(&request.uri);
        let method = &request.method;
        let framing = self.sent_framing.take().map(|framing| *framing);
        Some(Forwarded { method, uri, headers, trailers, body: bytes, chunked, rest, framing })
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
}
