//! One HTTP exchange with a running server, seen from both of its ends.
//!
//! A live host stands between a [`client`] that sends what was recorded and an [`upstream`] that
//! answers what was recorded. Both ends are ours, so what the guest did in between is what the two
//! of them saw. This module knows HTTP/1.1 and nothing of guests, hosts or recorded exchanges.

pub mod client;
mod outgoing;
#[cfg(test)]
mod tests;
pub mod upstream;

use std::io;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;

/// A request as it is to be sent.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method, as written.
    pub method: Method,
    /// Path and query, as written: nothing is normalised.
    pub uri: String,
    /// Headers in the order in which they are sent. `host` is added when it is not among them.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
    /// Send the body in chunks instead of naming its length.
    pub chunked: bool,
    /// Trailers; they need a chunked body, which is then sent whatever [`Self::chunked`] says.
    pub trailers: HeaderMap,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            method: Method::GET,
            uri: "/".to_owned(),
            headers: HeaderMap::new(),
            body: Vec::new(),
            chunked: false,
            trailers: HeaderMap::new(),
        }
    }
}

/// A request as it arrived at the upstream.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The method.
    pub method: Method,
    /// Path and query, as they stood in the request line.
    pub uri: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The body, as far as it arrived.
    pub body: Vec<u8>,
    /// Trailers that arrived.
    pub trailers: HeaderMap,
    /// Why the body did not arrive whole, if it did not.
    pub broken: Option<String>,
}

/// A response: what the upstream is to answer, and what the client got.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// All headers. An upstream that is given a `content-length` here sends it even when it is
    /// wrong.
    pub headers: HeaderMap,
    /// The body, as far as it arrived.
    pub body: Vec<u8>,
    /// The body has no length and comes in chunks; it also does when there are trailers.
    pub chunked: bool,
    /// Trailers.
    pub trailers: HeaderMap,
    /// Why the body did not arrive whole, if it did not.
    pub broken: Option<String>,
}

/// Why an exchange could not be carried out. What the host did wrong is not an error but a fact
/// that the exchange yields.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was recorded is no HTTP.
    #[error("{what} {found:?} cannot be sent over HTTP: {reason}")]
    Unsendable {
        /// Which part.
        what: &'static str,
        /// What it says.
        found: String,
        /// Why not.
        reason: String,
    },
    /// Nobody listens.
    #[error("no connection to {address}: {source} (is the host running?)")]
    Connect {
        /// Where.
        address: std::net::SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The upstream could not listen.
    #[error("the upstream server could not listen on {address}: {source}")]
    Listen {
        /// Where.
        address: std::net::SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The answer is no HTTP.
    #[error("the host's answer is not HTTP/1.1: {0}")]
    NotHttp(#[source] hyper::Error),
    /// The host neither answered nor hung up.
    #[error("the host neither answered nor hung up within {0} s")]
    Timeout(u64),
}

/// A header map from names and values in order, or the reason why HTTP has no such header.
///
/// # Errors
/// [`Error::Unsendable`] for a name or a value that HTTP does not allow.
pub fn header_map<'a, N, V>(pairs: impl IntoIterator<Item = (N, V)>) -> Result<HeaderMap, Error>
where
    N: AsRef<[u8]> + 'a,
    V: AsRef<[u8]> + 'a,
{
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        let unsendable = |what, found: &[u8], reason: String| Error::Unsendable {
            what,
            found: String::from_utf8_lossy(found).into_owned(),
            reason,
        };
        let name = HeaderName::from_bytes(name.as_ref())
            .map_err(|error| unsendable("header name", name.as_ref(), error.to_string()))?;
        let value = HeaderValue::from_bytes(value.as_ref())
            .map_err(|error| unsendable("header value", value.as_ref(), error.to_string()))?;
        map.append(name, value);
    }
    Ok(map)
}

/// Body, trailers, and the reason why the body ended early if it did.
async fn collect(mut incoming: Incoming) -> (Vec<u8>, HeaderMap, Option<String>) {
    let mut body = Vec::new();
    let mut trailers = HeaderMap::new();
    while let Some(frame) = incoming.frame().await {
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => {
                let reason = format!("{} after {} bytes", chain(&error), body.len());
                return (body, trailers, Some(reason));
            }
        };
        match frame.into_data() {
            Ok(data) => body.extend_from_slice(&data),
            Err(frame) => {
                if let Ok(more) = frame.into_trailers() {
                    trailers.extend(more);
                }
            }
        }
    }
    (body, trailers, None)
}

/// An error with its causes in one line; hyper's own text leaves them out.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
