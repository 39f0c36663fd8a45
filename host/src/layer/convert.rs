//! Between the messages of the `http` crate and those of the model.
//!
//! What the guest did not touch is kept as it was, order and extensions included. How long a body
//! is and how it is framed is the host's to say: a guest that gets it wrong would otherwise make
//! two servers disagree about where a message ends, which is how requests are smuggled.

use std::net::SocketAddr;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, Entry, TRAILER, TRANSFER_ENCODING};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version};

use super::ClientAddr;
use super::body::Body;
use crate::engine::Capabilities;
use http_wasm_model::exchange::{Finished, Forwarded, Request, Rest};

/// What of a request's headers no guest gets to see, as in Go's `net/http`: how the body travels on
/// this connection, and which trailers follow on it.
#[derive(Clone)]
struct Hidden([(HeaderName, Vec<HeaderValue>); 2]);

impl Hidden {
    /// Takes these out; `None` where there are none, as in most requests.
    fn take(headers: &mut HeaderMap) -> Option<Self> {
        let mut found = false;
        let all = [TRANSFER_ENCODING, TRAILER].map(|name| {
            let values: Vec<_> = match headers.entry(&name) {
                Entry::Occupied(entry) => entry.remove_entry_mult().1.collect(),
                Entry::Vacant(_) => Vec::new(),
            };
            found |= !values.is_empty();
            (name, values)
        });
        found.then_some(Self(all))
    }

    /// Puts those back that are `wanted`. What a guest has written in their place is none of its
    /// business.
    fn restore(self, headers: &mut HeaderMap, wanted: impl Fn(&HeaderName) -> bool) {
        for (name, values) in self.0 {
            headers.remove(&name);
            for value in values.into_iter().filter(|_| wanted(&name)) {
                headers.append(&name, value);
            }
        }
    }
}

/// Puts the head of a request into the model's; the headers are taken out.
#[inline]
pub(super) fn fill_request(
    request: &mut http::Request<Body>,
    arrives: bool,
    capabilities: Capabilities,
    model: &mut Request,
) {
    request.method().as_str().clone_into(&mut model.method);
    path_and_query(request.uri()).clone_into(&mut model.uri);
    if capabilities.reads_version {
        version(request.version()).clone_into(&mut model.version);
    }
    model.source_addr.clear();
    if capabilities.reads_source_addr
        && let Some(ClientAddr(address)) = request.extensions().get()
    {
        // A socket for both shows IPv4 as IPv6; guests compare addresses.
        let address = SocketAddr::new(address.ip().to_canonical(), address.port());
        model.source_addr = address.to_string();
    }
    if capabilities.reads_headers
        && let Some(hidden) = Hidden::take(request.headers_mut())
    {
        request.extensions_mut().insert(hidden);
    }
    model.chunked = arrives && !request.headers().contains_key(CONTENT_LENGTH);
    model.headers.take_from(request.headers_mut());
}

/// Sets a method to what the model has.
fn set_method(method: &mut Method, model: &str) -> Result<(), String> {
    if model != method.as_str() {
        *method = model.parse().map_err(|_| wrong("method", model))?;
    }
    Ok(())
}

/// Sets path and query of a URI to what the model has.
fn set_uri(uri: &mut Uri, model: &str) -> Result<(), String> {
    if model != path_and_query(uri) {
        let mut changed = std::mem::take(uri).into_parts();
        changed.path_and_query = Some(model.parse().map_err(|_| wrong("URI", model))?);
        *uri = Uri::from_parts(changed).map_err(|_| wrong("URI", model))?;
    }
    Ok(())
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

/// Makes a request into what the inner service gets, as the guest has left it. Gives back what was not
/// read of a body that the guest has replaced.
#[inline]
pub(super) fn forward_request(
    request: &mut http::Request<Body>,
    model: Forwarded<'_>,
    capabilities: Capabilities,
) -> Result<Body, String> {
    let Forwarded { method, uri, headers, trailers, body, chunked, rest, framing } = model;
    if capabilities.writes_line {
        set_method(request.method_mut(), method)?;
        set_uri(request.uri_mut(), uri)?;
    }
    headers.move_to(request.headers_mut()).map_err(wrong_header)?;
    let is_untouched = match rest {
        Rest::AsSent => true,
        Rest::Nothing => {
            http_body::Body::is_end_stream(request.body())
                && !request.headers().contains_key(TRANSFER_ENCODING)
        }
        Rest::Trailers | Rest::Changed(_) => false,
    };
    // Most requests: no more than the head has changed.
    if is_untouched
        && body.is_empty()
        && trailers.is_empty()
        && framing.is_none()
        && request.extensions().get::<Hidden>().is_none()
    {
        return Ok(Body::empty());
    }
    let mut headers = std::mem::take(request.headers_mut());
    let trailers = to_map(trailers.into_headers())?;
    let mut unread = Body::empty();
    if rest == Rest::AsSent
        && let Some(framing) = framing
    {
        framing.restore(&mut headers);
    }
    // A body that is forwarded as it came stays where it is.
    let is_as_sent = rest == Rest::AsSent && body.is_empty() && trailers.is_empty();
    if !is_as_sent {
        let stream = std::mem::take(request.body_mut());
        *request.body_mut() = match rest {
            Rest::AsSent => stream.after(body),
            // A request's trailers belong to the body that is replaced.
            Rest::Nothing | Rest::Trailers => {
                unread = stream;
                let length = body.len();
                if chunked && length > 0 {
                    headers.remove(CONTENT_LENGTH);
                } else {
                    headers.remove(TRANSFER_ENCODING);
                    headers.remove(TRAILER);
                    if length > 0 || headers.contains_key(CONTENT_LENGTH) {
                        set_length(&mut headers, length as u64);
                    }
                }
                // Without a name for its length a body stays one of unknown length.
                Body::full(body).hide_length(chunked)
            }
            Rest::Changed(length) => {
                match length.filter(|_| !chunked) {
                    Some(length) => set_length(&mut headers, length),
                    None => _ = headers.remove(CONTENT_LENGTH),
                }
                stream.after(body).hide_length(true)
            }
        };
    }
    let declared = headers.contains_key(CONTENT_LENGTH);
    if capabilities.reads_headers
        && let Some(hidden) = request.extensions_mut().remove::<Hidden>()
    {
        let follow = !trailers.is_empty() || !matches!(rest, Rest::Nothing | Rest::Trailers);
        let in_chunks = !declared && (follow || !http_body::Body::is_end_stream(request.body()));
        hidden.restore(&mut headers, |name| in_chunks || follow && name == TRAILER);
    }
    announce(&mut headers, &trailers);
    if !is_as_sent {
        let body = std::mem::take(request.body_mut()).with_trailers(trailers);
        *request.body_mut() = beside(&headers, body);
    }
    *request.headers_mut() = headers;
    Ok(unread)
}

/// Makes the inner service's response into what the client gets, as the guest has left it.
pub(super) fn to_response(
    mut response: http::Response<Body>,
    model: Finished<'_>,
    is_head: bool,
) -> Result<http::Response<Body>, String> {
    let Finished { status, headers, trailers, body, rest, framing } = model;
    *response.status_mut() =
        StatusCode::from_u16(status).map_err(|_| wrong("status", &status.to_string()))?;
    headers.move_to(response.headers_mut()).map_err(wrong_header)?;
    if rest == Rest::AsSent
        && let Some(framing) = framing
    {
        framing.restore(response.headers_mut());
    }
    // A body that is forwarded as it came stays as it is.
    if rest == Rest::AsSent && body.is_empty() && trailers.is_empty() {
        return Ok(response);
    }
    let trailers = to_map(std::mem::take(trailers))?;
    let stream = std::mem::take(response.body_mut());
    let headers = response.headers_mut();
    let body = match rest {
        Rest::AsSent => stream.after(body),
        Rest::Nothing => {
            headers.remove(TRANSFER_ENCODING);
            if !is_head && headers.contains_key(CONTENT_LENGTH) {
                set_length(headers, body.len() as u64);
            }
            Body::full(body)
        }
        // Unannounced ones are not waited for: a body without trailers may go on for ever.
        Rest::Trailers if !headers.contains_key(TRAILER) => Body::full(body),
        Rest::Trailers => {
            headers.remove(TRANSFER_ENCODING);
            stream.replaced_by(body)
        }
        Rest::Changed(_) => {
            headers.remove(CONTENT_LENGTH);
            stream.after(body).hide_length(true)
        }
    };
    announce(headers, &trailers);
    let body = beside(headers, body.with_trailers(trailers));
    *response.body_mut() = body;
    Ok(response)
}

/// A body beside the headers of its message, which may declare another length: that of the answer to a
/// GET in one to HEAD.
fn beside(headers: &HeaderMap, body: Body) -> Body {
    let hides = headers.contains_key(CONTENT_LENGTH)
        && declared_length(headers) != http_body::Body::size_hint(&body).exact();
    body.hide_length(hides)
}

fn set_length(headers: &mut HeaderMap, length: u64) {
    if declared_length(headers) != Some(length) {
        headers.insert(CONTENT_LENGTH, length.into());
    }
}

/// The length that headers declare, if they declare one.
fn declared_length(headers: &HeaderMap) -> Option<u64> {
    let mut values = headers.get_all(CONTENT_LENGTH).iter();
    let length = values.next()?.to_str().ok()?.parse().ok()?;
    values.next().is_none().then_some(length)
}

/// Announces trailers, unless that is done: over HTTP/1 only those are sent that are announced.
fn announce(headers: &mut HeaderMap, trailers: &HeaderMap) {
    if !trailers.is_empty() && !headers.contains_key(TRAILER) {
        for name in trailers.keys() {
            headers.append(TRAILER, HeaderValue::from_name(name.clone()));
        }
    }
}

fn to_map(model: http_wasm_model::exchange::Headers) -> Result<HeaderMap, String> {
    model.into_map().map_err(wrong_header)
}

fn wrong_header((name, value): (String, Vec<u8>)) -> String {
    wrong("header", &format!("{name}: {}", String::from_utf8_lossy(&value)))
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
