//! Between the messages of the `http` crate and those of the model.
//!
//! What the guest did not touch is kept as it was, order and extensions included. How long a body
//! is and how it is framed is the host's to say: a guest that gets it wrong would otherwise make
//! two servers disagree about where a message ends, which is how requests are smuggled.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, TRAILER, TRANSFER_ENCODING};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, Version, request, response};

use super::ClientAddr;
use super::body::Body;
use crate::exchange::{Headers, Request, Response};

/// The request for the model, without its body. HTTP/2 has no `host`; the model does.
pub(super) fn request_head(parts: &mut request::Parts) -> Request {
    if !parts.headers.contains_key(HOST)
        && let Some(authority) = parts.uri.authority()
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        parts.headers.insert(HOST, host);
    }
    Request {
        method: parts.method.as_str().to_owned(),
        uri: path_and_query(&parts.uri).to_owned(),
        version: version(parts.version).to_owned(),
        headers: headers(&parts.headers),
        body: Vec::new(),
        // Of unknown length, until a body is put in.
        chunked: true,
        trailers: Headers::new(),
        source_addr: parts
            .extensions
            .get()
            .map(|ClientAddr(address)| address.to_string())
            .unwrap_or_default(),
    }
}

fn path_and_query(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", PathAndQuery::as_str)
}

/// As hosts written in Go spell it, which is what guests know.
const fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "HTTP/0.9",
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2.0",
        Version::HTTP_3 => "HTTP/3.0",
        _ => "HTTP/1.1",
    }
}

/// Headers for the model.
pub(super) fn headers(map: &HeaderMap) -> Headers {
    map.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}

/// The head of a response for the model.
pub(super) fn response_head(parts: &response::Parts) -> Response {
    Response {
        status: parts.status.as_u16(),
        headers: headers(&parts.headers),
        chunked: !parts.headers.contains_key(CONTENT_LENGTH),
        ..Response::default()
    }
}

/// The body of a message: the one that passes, or the one that the model has.
pub(super) enum Payload {
    Passing(Body),
    Model,
}

/// The request for the inner service, as the guest has left it.
pub(super) fn to_request(
    mut parts: request::Parts,
    model: Request,
    payload: Payload,
) -> Result<http::Request<Body>, String> {
    if model.method != parts.method.as_str() {
        parts.method = model.method.parse().map_err(|_| wrong("method", &model.method))?;
    }
    if model.uri != path_and_query(&parts.uri) {
        let mut uri = std::mem::take(&mut parts.uri).into_parts();
        let changed = model.uri.parse().map_err(|_| wrong("URI", &model.uri))?;
        uri.path_and_query = Some(changed);
        parts.uri = Uri::from_parts(uri).map_err(|_| wrong("URI", &model.uri))?;
    }
    let framing = Framing::of(&parts.headers);
    apply(&mut parts.headers, &model.headers)?;
    let trailers = to_map(&model.trailers)?;
    let body = match payload {
        Payload::Passing(body) => {
            framing.restore(&mut parts.headers);
            body
        }
        Payload::Model => {
            let length = model.body.len();
            if model.chunked {
                parts.headers.remove(CONTENT_LENGTH);
            } else {
                parts.headers.remove(TRANSFER_ENCODING);
                if length > 0 || parts.headers.contains_key(CONTENT_LENGTH) {
                    parts.headers.insert(CONTENT_LENGTH, length.into());
                }
            }
            // Without a name for its length a body stays one of unknown length.
            Body::full(model.body).hide_length(model.chunked)
        }
    };
    let declared = parts.headers.contains_key(CONTENT_LENGTH);
    let body = body.with_trailers(trailers).hide_length(declared);
    Ok(http::Request::from_parts(parts, body))
}

/// The response for the client, as the guest has left it.
pub(super) fn to_response(
    parts: Option<response::Parts>,
    model: Response,
    payload: Payload,
    is_head: bool,
) -> Result<http::Response<Body>, String> {
    let mut parts = parts.unwrap_or_else(|| http::Response::new(()).into_parts().0);
    parts.status = StatusCode::from_u16(model.status)
        .map_err(|_| wrong("status", &model.status.to_string()))?;
    let framing = Framing::of(&parts.headers);
    apply(&mut parts.headers, &model.headers)?;
    let trailers = to_map(&model.trailers)?;
    let body = match payload {
        Payload::Passing(body) => {
            framing.restore(&mut parts.headers);
            body
        }
        Payload::Model => {
            parts.headers.remove(TRANSFER_ENCODING);
            if !is_head && parts.headers.contains_key(CONTENT_LENGTH) {
                parts.headers.insert(CONTENT_LENGTH, model.body.len().into());
            }
            Body::full(model.body)
        }
    };
    // HTTP/1 servers send only the trailers that are announced.
    if !trailers.is_empty() && !parts.headers.contains_key(TRAILER) {
        for name in trailers.keys() {
            parts.headers.append(TRAILER, HeaderValue::from_name(name.clone()));
        }
    }
    let declared = parts.headers.contains_key(CONTENT_LENGTH);
    let body = body.with_trailers(trailers).hide_length(declared);
    Ok(http::Response::from_parts(parts, body))
}

/// The headers that say where a message ends.
struct Framing([(HeaderName, Vec<HeaderValue>); 2]);

impl Framing {
    fn of(headers: &HeaderMap) -> Self {
        let all = |name: HeaderName| {
            let values = headers.get_all(&name).iter().cloned().collect();
            (name, values)
        };
        Self([all(CONTENT_LENGTH), all(TRANSFER_ENCODING)])
    }

    fn restore(self, headers: &mut HeaderMap) {
        for (name, values) in self.0 {
            headers.remove(&name);
            for value in values {
                headers.append(&name, value);
            }
        }
    }
}

/// Makes `map` what the model says; the order of what is the same already is kept.
fn apply(map: &mut HeaderMap, model: &Headers) -> Result<(), String> {
    let same = map.keys_len() == model.len()
        && model.names().all(|name| {
            let found = model.get(name);
            let values = map.get_all(name).iter();
            values.map(HeaderValue::as_bytes).eq(found.iter().map(Vec::as_slice))
        });
    if !same {
        *map = to_map(model)?;
    }
    Ok(())
}

fn to_map(model: &Headers) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::with_capacity(model.len());
    for (name, value) in model.iter() {
        let key =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong("header name", name))?;
        let value = HeaderValue::from_bytes(value)
            .map_err(|_| wrong(&format!("value of {name}"), &String::from_utf8_lossy(value)))?;
        map.append(key, value);
    }
    Ok(map)
}

fn wrong(what: &str, found: &str) -> String {
    format!("found {what} {found:?}, which HTTP does not allow")
}

/// A short answer of the host itself.
pub(super) fn plain(status: StatusCode, text: &'static str) -> http::Response<Body> {
    let mut response = http::Response::new(Body::full(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers
        .insert(http::header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
