//! Sends one request exactly as written and receives the response to its end.

use std::net::SocketAddr;
use std::time::Duration;

use http::Uri;
use http::header::{CONTENT_LENGTH, HOST, TE, TRANSFER_ENCODING};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::outgoing::Outgoing;
use super::target::{self, WithTarget};
use super::{Error, HeaderValue, Request, Response, chain, collect};

/// How long a host may take for one exchange. Generous, since it only has to end a hang.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// Sends the request over a connection of its own. `None` when the host closed the connection before
/// it responded.
///
/// # Errors
/// When the request cannot be sent, nothing listens, the response is not HTTP, or none comes.
pub async fn send(address: SocketAddr, request: &Request) -> Result<Option<Response>, Error> {
    send_within(TIMEOUT, address, request).await
}

/// Sends the request over a connection of its own. Like [`send`], with another limit of time.
///
/// # Errors
/// When the request cannot be sent, nothing listens, the response is not HTTP, or none comes.
pub async fn send_within(
    timeout: Duration,
    address: SocketAddr,
    request: &Request,
) -> Result<Option<Response>, Error> {
    tokio::time::timeout(timeout, exchange(address, request))
        .await
        .unwrap_or(Err(Error::Timeout(timeout)))
}

async fn exchange(address: SocketAddr, request: &Request) -> Result<Option<Response>, Error> {
    let target = Some(&request.uri).filter(|target| !target::is_uri(target)).cloned();
    let request = assemble(address, request)?;
    let stream =
        TcpStream::connect(address).await.map_err(|source| Error::Connect { address, source })?;
    // Head and body are flushed separately; waiting for the acknowledgement of the first takes 40 ms.
    let _ = stream.set_nodelay(true);
    let (mut sender, connection) = http1::handshake(TokioIo::new(WithTarget::new(stream, target)))
        .await
        .map_err(Error::NotHttp)?;
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(request).await;
    let result = match answer {
        Ok(response) => {
            let (head, body) = response.into_parts();
            let chunked = head.headers.contains_key(TRANSFER_ENCODING);
            let (body, trailers, broken) = collect(body).await;
            let (status, headers) = (head.status, head.headers);
            Ok(Some(Response { status, headers, body, chunked, trailers, broken }))
        }
        Err(error) if error.is_parse() => Err(Error::NotHttp(error)),
        // A reset, a close, or an end within the head: a client cannot tell them apart.
        Err(_) => Ok(None),
    };
    connection.abort();
    result
}

/// Checks that a request can be sent.
///
/// # Errors
/// [`Error::Unsendable`] with the part that HTTP does not allow.
pub fn check(request: &Request) -> Result<(), Error> {
    assemble(SocketAddr::from(([127, 0, 0, 1], 0)), request).map(drop)
}

fn assemble(address: SocketAddr, request: &Request) -> Result<http::Request<Outgoing>, Error> {
    if !target::is_sendable(&request.uri) {
        return Err(Error::Unsendable {
            what: "uri",
            found: request.uri.clone(),
            reason: "a request line takes a path, and perhaps a query, without spaces".to_owned(),
        });
    }
    let written = if target::is_uri(&request.uri) { &request.uri } else { target::STAND_IN };
    let uri: Uri = written.parse().map_err(|error: http::uri::InvalidUri| Error::Unsendable {
        what: "uri",
        found: request.uri.clone(),
        reason: chain(&error),
    })?;
    let mut headers = request.headers.clone();
    if !headers.contains_key(HOST)
        && let Ok(host) = HeaderValue::from_str(&address.to_string())
    {
        headers.insert(HOST, host);
    }
    if request.chunked {
        headers.remove(CONTENT_LENGTH);
    }
    let body = Outgoing::new(&mut headers, &request.body, &request.trailers, request.chunked);
    let mut message = http::Request::new(body);
    *message.method_mut() = request.method.clone();
    *message.uri_mut() = uri;
    *message.headers_mut() = headers;
    Ok(message)
}

/// Asks for response trailers; an HTTP/1.1 server sends them only to clients that accept them.
pub fn accept_trailers(request: &mut Request) {
    if !request.headers.contains_key(TE) {
        request.headers.insert(TE, HeaderValue::from_static("trailers"));
    }
}
