//! The upstream behind the guests: another server, or an echo.

use std::fmt::Write as _;
use std::net::SocketAddr;

use http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE,
    TRANSFER_ENCODING, UPGRADE,
};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri, Version};
use http_wasm_host::layer::Body;

use super::connections::Connections;
use crate::ui;

/// The upstream behind the guests.
#[derive(Clone, Debug)]
pub struct Upstream {
    kind: Kind,
    quiet: bool,
}

#[derive(Clone, Debug)]
enum Kind {
    Server(Connections),
    Echo,
}

/// A URL that does not name an upstream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("found upstream {found:?}, wanted http://HOST or http://HOST:PORT ({reason})")]
pub struct InvalidUpstream {
    found: String,
    reason: &'static str,
}

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

impl Upstream {
    /// Responds to each request with a text that shows it: request line, headers, an empty line,
    /// body.
    #[must_use]
    pub const fn echo() -> Self {
        Self { kind: Kind::Echo, quiet: false }
    }

    /// Sends requests to the server at this address, with their `host` unchanged.
    #[must_use]
    pub fn server(address: SocketAddr) -> Self {
        Self { kind: Kind::Server(Connections::new(&address.to_string())), quiet: false }
    }

    /// Sends requests to the server of this URL, with their `host` unchanged.
    ///
    /// # Errors
    /// When the URL has more than a host and a port, or another scheme.
    pub fn url(url: &str) -> Result<Self, InvalidUpstream> {
        let wrong = |reason| InvalidUpstream { found: url.to_owned(), reason };
        let uri: Uri = url.parse().map_err(|_| wrong("this is no URL"))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err(wrong("https is not supported")),
            _ => return Err(wrong("the scheme is missing")),
        }
        if uri.path_and_query().is_some_and(|path| path.as_str() != "/") {
            return Err(wrong("a path is not supported; a filter can set one"));
        }
        let host = uri.host().ok_or_else(|| wrong("the host is missing"))?;
        let port = uri.port_u16().unwrap_or(80);
        let server = Connections::new(&format!("{host}:{port}"));
        Ok(Self { kind: Kind::Server(server), quiet: false })
    }

    /// Turns off warnings of a server that does not respond, for tests in which it does not.
    #[must_use]
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    pub(super) async fn respond(&self, request: Request<Body>) -> Response<Body> {
        match &self.kind {
            Kind::Echo => echo(request),
            Kind::Server(server) => match server.send(outgoing(request)).await {
                Ok(response) => {
                    let mut response = response.map(Body::stream);
                    strip(response.headers_mut());
                    *response.version_mut() = Version::HTTP_11;
                    response
                }
                Err(error) => {
                    if !self.quiet {
                        ui::warn(&error);
                    }
                    text(StatusCode::BAD_GATEWAY, Body::full("bad gateway"))
                }
            },
        }
    }
}

/// The request as it is sent over a connection of its own.
fn outgoing(mut request: Request<Body>) -> Request<Body> {
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.unwrap_or_else(|| PathAndQuery::from_static("/")).into();
    *request.version_mut() = Version::HTTP_11;
    let has_body = !hyper::body::Body::is_end_stream(request.body());
    let headers = request.headers_mut();
    // The only thing that `te` can ask for and that this proxy supports.
    let trailers = (headers.get_all(TE).iter())
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| coding.trim().eq_ignore_ascii_case("trailers"));
    strip(headers);
    if trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    if has_body && !headers.contains_key(CONTENT_LENGTH) {
        // Explicit, because the HTTP library assumes that a GET has no body.
        headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    request
}

/// Removes the headers that belong to the connection, and those that `connection` names.
fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&CONNECTION_HEADERS) {
        headers.remove(name);
    }
}

fn echo(request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let mut shown = format!("{} {} {:?}\n", parts.method, parts.uri, parts.version);
    for (name, value) in &parts.headers {
        // Writing to a string does not fail.
        let _ = writeln!(shown, "{name}: {}", String::from_utf8_lossy(value.as_bytes()));
    }
    shown.push('\n');
    text(StatusCode::OK, body.after(shown))
}

fn text(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}
