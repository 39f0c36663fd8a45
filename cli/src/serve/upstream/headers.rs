//! The heads of messages between this server and its upstream: what belongs to one connection stays
//! there, and what says where a message ends says one thing.

use http::header::{
    CONNECTION, CONTENT_LENGTH, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Uri, Version};
use http_wasm_host::layer::Body;

use crate::serve::messages::{has_token, strip_named};
use crate::serve::upgrade::Upgrade;

/// Headers that belong to one connection and not to the message.
const CONNECTION_HEADERS: [HeaderName; 8] = [
    CONNECTION,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// The request as it is sent over a connection of its own, for either version of HTTP.
pub(super) fn outgoing(mut request: Request<Body>, upgrade: Option<&Upgrade>) -> Request<Body> {
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.unwrap_or_else(|| PathAndQuery::from_static("/")).into();
    let headers = request.headers_mut();
    // The only thing that `te` can ask for and that this proxy supports.
    let trailers = has_token(headers, &TE, "trailers");
    strip(headers);
    if trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    if let Some(upgrade) = upgrade {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, upgrade.protocol().clone());
    }
    request
}

/// Gives a request the form of HTTP/1.1, whichever it has. `default` is the authority of a request
/// without a host.
pub(super) fn for_http1<B: hyper::body::Body>(request: &mut Request<B>, default: &Authority) {
    let authority = request.uri().authority().cloned();
    if let Some(authority) = authority {
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = path.unwrap_or_else(|| PathAndQuery::from_static("/")).into();
        if let Ok(host) = HeaderValue::from_str(authority.as_str()) {
            request.headers_mut().insert(HOST, host);
        }
    }
    // HTTP/1.0 has none, HTTP/1.1 needs one (RFC 9112, section 3.2).
    if let Ok(host) = HeaderValue::from_str(default.as_str()) {
        request.headers_mut().entry(HOST).or_insert(host);
    }
    *request.version_mut() = Version::HTTP_11;
    if !request.body().is_end_stream() && !request.headers().contains_key(CONTENT_LENGTH) {
        // Explicit, because the HTTP library assumes that a GET has no body.
        request.headers_mut().insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
}

/// Gives a request the form of HTTP/2, whichever it has. `default` is the authority of a request
/// without a host.
///
/// # Errors
/// When its host is none.
pub(super) fn for_http2<B>(
    request: &mut Request<B>,
    scheme: &Scheme,
    default: &Authority,
) -> Result<(), http::Error> {
    *request.version_mut() = Version::HTTP_2;
    request.headers_mut().remove(TRANSFER_ENCODING);
    if request.uri().authority().is_some() {
        return Ok(());
    }
    let host = request.headers_mut().remove(HOST);
    let authority = match &host {
        Some(host) => Authority::try_from(host.as_bytes())?,
        None => default.clone(),
    };
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = Uri::builder()
        .scheme(scheme.clone())
        .authority(authority)
        .path_and_query(path.unwrap_or_else(|| PathAndQuery::from_static("/")))
        .build()?;
    Ok(())
}

/// The head of a response without what belongs to the upstream's connection.
pub(super) fn incoming<B>(response: &mut Response<B>) {
    let headers = response.headers_mut();
    // Chunks say where the body ends; a length beside them does not count (RFC 9112, section 6.3).
    // HTTP/2 has trailers beside a length, HTTP/1.1 only after chunks.
    if headers.contains_key(TRANSFER_ENCODING) || headers.contains_key(TRAILER) {
        headers.remove(CONTENT_LENGTH);
    }
    strip_named(headers);
    strip(headers);
    *response.version_mut() = Version::HTTP_11;
}

/// Removes the headers that belong to the connection.
fn strip(headers: &mut HeaderMap) {
    for name in &CONNECTION_HEADERS {
        headers.remove(name);
    }
}
