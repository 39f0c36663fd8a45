//! The request and the response of an exchange.

use http::HeaderMap;
use http::header::CONTENT_LENGTH;

use super::Headers;

/// A request: as the client sent it, or as the next handler sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Such as `GET`.
    pub method: String,
    /// Path and query, percent-encoded.
    pub uri: String,
    /// Such as `HTTP/1.1`.
    pub version: String,
    /// With `host` among them, if it was sent.
    pub headers: Headers,
    /// The whole body.
    pub body: Vec<u8>,
    /// Sent without a length.
    pub chunked: bool,
    /// What followed the body.
    pub trailers: Headers,
    /// Address and port of the client.
    pub source_addr: String,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            method: "GET".to_owned(),
            uri: "/".to_owned(),
            version: "HTTP/1.1".to_owned(),
            headers: Headers::new(),
            body: Vec::new(),
            chunked: false,
            trailers: Headers::new(),
            source_addr: "127.0.0.1:50000".to_owned(),
        }
    }
}

/// A response: as the next handler gave it, or as the client got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: Headers,
    /// The whole body.
    pub body: Vec<u8>,
    /// Sent without a length; from a next handler only.
    pub chunked: bool,
    /// What followed the body.
    pub trailers: Headers,
}

impl Default for Response {
    fn default() -> Self {
        Self {
            status: 200,
            headers: Headers::new(),
            body: Vec::new(),
            chunked: false,
            trailers: Headers::new(),
        }
    }
}

impl Response {
    /// A response with this status and nothing else.
    #[must_use]
    pub fn with_status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }
}

/// Adds the `content-length` that a peer sends by itself with a body of known length.
pub(crate) fn add_content_length(headers: &mut Headers, body: &[u8], chunked: bool) {
    if !chunked && !body.is_empty() && headers.first_of(&CONTENT_LENGTH).is_none() {
        headers.insert("content-length", body.len().to_string());
    }
}

/// The length that the headers promise, if they do.
pub(super) fn content_length(headers: &Headers) -> Option<u64> {
    length(headers.first_of(&CONTENT_LENGTH)?)
}

/// Like [`content_length`], of the map of an HTTP library.
pub(super) fn length_in(headers: &HeaderMap) -> Option<u64> {
    length(headers.get(CONTENT_LENGTH)?.as_bytes())
}

fn length(value: &[u8]) -> Option<u64> {
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

/// Whether a request like this one usually has a body.
pub(super) fn expects_body(request: &Request) -> bool {
    matches!(&*request.method, "POST" | "PUT" | "PATCH")
}
