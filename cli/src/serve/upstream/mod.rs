//! The upstream behind the guests: another server, or an echo.

mod connections;
mod connector;
mod headers;

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use http::header::{TRAILER, UPGRADE};
use http::uri::{Authority, Scheme};
use http::{Request, Response, StatusCode, Uri};
use http_wasm_host::layer::Body;
use hyper::body::Incoming;

use super::bodies::{Begun, SentBody, TimedBody};
use super::console::Console;
use super::messages::{is_coded, text};
use super::options::UpstreamOptions;
use super::upgrade::Upgrade;
use connections::{Connections, Error, Versions};
use connector::Connector;

/// How long the head of a response waits for the first piece of its body. A body that is broken from
/// the start is then a 502, and not a 200 that breaks off.
const FIRST_PIECE: Duration = Duration::from_millis(10);

/// The upstream behind the guests.
#[derive(Clone, Debug)]
pub struct Upstream {
    kind: Kind,
    console: Console,
    is_quiet: bool,
}

#[derive(Clone, Debug)]
enum Kind {
    Server(Connections),
    Echo,
}

/// A URL or a certificate with which there is no upstream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUpstream {
    /// The URL does not name an upstream.
    #[error(
        "found upstream {found:?}, wanted http://HOST:PORT, https://HOST:PORT or h2c://HOST:PORT ({reason})"
    )]
    Url {
        /// What was found.
        found: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There are no certificates to trust.
    #[error("{0}")]
    Tls(String),
}

impl Upstream {
    /// Responds to each request with a text that shows it: request line, headers, an empty line,
    /// body.
    #[must_use]
    pub fn echo() -> Self {
        Self::new(Kind::Echo)
    }

    /// Sends requests to the server at this address, with their `host` unchanged.
    ///
    /// # Panics
    /// Never: an address is an authority.
    #[must_use]
    pub fn server(address: SocketAddr) -> Self {
        match Self::url(&format!("http://{address}"), UpstreamOptions::default()) {
            Ok(upstream) => upstream,
            Err(error) => panic!("{error}"),
        }
    }

    /// Sends requests to the server of this URL, with their `host` unchanged: over HTTP/1.1 (`http`),
    /// HTTP/2 without TLS (`h2c`), or whichever of both the server prefers, with TLS (`https`).
    ///
    /// # Errors
    /// When the URL has more than a host and a port, or another scheme, or there are no certificates.
    pub fn url(url: &str, options: UpstreamOptions) -> Result<Self, InvalidUpstream> {
        let wrong = |reason| InvalidUpstream::Url { found: url.to_owned(), reason };
        let uri: Uri = url.parse().map_err(|_| wrong("this is no URL"))?;
        let (scheme, versions) = match uri.scheme_str() {
            Some("http") => (Scheme::HTTP, Versions::Http1),
            Some("https") => (Scheme::HTTPS, Versions::Negotiated),
            Some("h2c") => (Scheme::HTTP, Versions::Http2),
            Some(_) => return Err(wrong("the scheme is another")),
            None => return Err(wrong("the scheme is missing")),
        };
        if uri.path_and_query().is_some_and(|path| path.as_str() != "/") {
            return Err(wrong("a path is not supported; a filter can set one"));
        }
        let authority = uri.authority().ok_or_else(|| wrong("the host is missing"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("a user is not supported; a filter can set `authorization`"));
        }
        let authority: Authority = authority.clone();
        let connector = if scheme == Scheme::HTTPS {
            Connector::tls(&options).map_err(InvalidUpstream::Tls)?
        } else {
            Connector::tcp()
        };
        let server = Connections::new(scheme, authority, versions, connector, options);
        Ok(Self::new(Kind::Server(server)))
    }

    fn new(kind: Kind) -> Self {
        Self { kind, console: Console::new(), is_quiet: false }
    }

    /// Turns off warnings of a server that does not respond, for tests in which it does not.
    #[must_use]
    pub fn quiet(self) -> Self {
        Self { console: Console::silent(), is_quiet: true, ..self }
    }

    pub(super) const fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    pub(super) async fn respond(&self, request: Request<Body>) -> Response<Body> {
        let server = match &self.kind {
            Kind::Echo => return echo(request),
            Kind::Server(server) => server,
        };
        match forward(server, request).await {
            Ok(response) => response,
            Err(error) => {
                self.console.warn(&error);
                let (status, text_) = match error {
                    Error::Client { status, .. } if status == StatusCode::REQUEST_TIMEOUT => {
                        (status, "the request's body did not come in time")
                    }
                    Error::Client { status, .. } => (status, "the request is broken"),
                    Error::ConnectTimeout { .. } | Error::ResponseTimeout { .. } => {
                        (StatusCode::GATEWAY_TIMEOUT, "gateway timeout")
                    }
                    _ => (StatusCode::BAD_GATEWAY, "bad gateway"),
                };
                text(status, Body::full(text_))
            }
        }
    }
}

async fn forward(server: &Connections, request: Request<Body>) -> Result<Response<Body>, Error> {
    let upgrade = request.extensions().get::<Upgrade>().cloned();
    let upgrade = upgrade.filter(|_| !server.is_without_upgrades());
    let (head, body) = headers::outgoing(request, upgrade.as_ref()).into_parts();
    let (body, sending) = SentBody::new(body);
    let request = Request::from_parts(head, body);
    let response = server.send(request, &sending, upgrade.is_some()).await?;
    receive(server, response, upgrade).await
}

/// The response for the guests, if it can be used.
async fn receive(
    server: &Connections,
    mut response: Response<Incoming>,
    upgrade: Option<Upgrade>,
) -> Result<Response<Body>, Error> {
    let options = server.options();
    let unusable = |reason: String| Error::Response { server: server.to_string(), reason };
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let found = response.headers().get(UPGRADE);
        let agreed = upgrade.filter(|upgrade| {
            found.is_some_and(|found| {
                found.as_bytes().eq_ignore_ascii_case(upgrade.protocol().as_bytes())
            })
        });
        match agreed {
            Some(upgrade) => upgrade.agree(hyper::upgrade::on(&mut response)),
            None => return Err(unusable("it switches to a protocol that nobody asked for".into())),
        }
    }
    if is_coded(response.headers()) {
        return Err(unusable("it has a transfer coding other than chunked".into()));
    }
    if options.headers.exceeded_by(response.headers()) {
        let limits = options.headers.to_string();
        return Err(Error::TooLarge { server: server.to_string(), limits });
    }
    headers::incoming(&mut response);
    let (head, body) = response.into_parts();
    let body = TimedBody::new(body, options.response_timeout, "--response-timeout");
    let has_trailers = head.headers.contains_key(TRAILER);
    let body = Begun::new(body, has_trailers, FIRST_PIECE).await;
    let body = body.map_err(|error| unusable(format!("its body is broken: {error}")))?;
    Ok(Response::from_parts(head, Body::stream(body)))
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
