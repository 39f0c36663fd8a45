//! Observes an HTTP exchange with a running server from both ends: a [`client`] that sends a request
//! and an [`upstream`] that responds and records.
//!
//! What the guest in between did follows from what the two ends observed. This module knows HTTP/1.1
//! and nothing of guests, hosts or recorded exchanges.

pub mod client;
mod outgoing;
mod target;
#[cfg(test)]
mod tests;
pub mod upstream;

pub use target::is_uri;

use std::io;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;

/// A request to send.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method, as written.
    pub method: Method,
    /// Path and query, as written; not normalised.
    pub uri: String,
    /// Headers in the order in which they are sent. `host` is added when it is not among them.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
    /// Whether the body is sent in chunks, without its length.
    pub chunked: bool,
    /// Trailers. They need a chunked body, which is then sent whatever [`Self::chunked`] is.
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
    /// Path and query, as in the request line.
    pub uri: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The body, as far as it arrived.
    pub body: Vec<u8>,
    /// Trailers that arrived.
    pub trailers: HeaderMap,
    /// Why the body is incomplete, if it is.
    pub broken: Option<String>,
}

/// A response: one that the upstream sends, or one that the client received.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// All headers. The upstream sends a `content-length` from here even when it is wrong.
    pub headers: HeaderMap,
    /// The body, as far as it arrived.
    pub body: Vec<u8>,
    /// Whether the body is sent in chunks, without its length; with trailers it always is.
    pub chunked: bool,
    /// Trailers.
    pub trailers: HeaderMap,
    /// Why the body is incomplete, if it is.
    pub broken: Option<String>,
}

/// Why an exchange could not be carried out. A fault of the host is not an error here but a part of
/// what is observed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The message cannot be expressed in HTTP.
    #[error("{what} {found:?} cannot be sent over HTTP: {reason}")]
    Unsendable {
        /// Which part.
        what: &'static str,
        /// What it says.
        found: String,
        /// Why not.
        reason: String,
    },
    /// Nothing listens there.
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
    /// The response is not HTTP.
    #[error("the host's response is not HTTP/1.1: {0}")]
    NotHttp(#[source] hyper::Error),
    /// The host neither responded nor closed the connection.
    #[error("the host neither responded nor closed the connection within {} s", .0.as_secs_f32())]
    Timeout(Duration),
}

/// A header map from names and values in order.
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

/// Receives a body: its bytes, its trailers, and the reason if it is incomplete.
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

/// An error with its causes in one line; hyper's own text omits them.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
