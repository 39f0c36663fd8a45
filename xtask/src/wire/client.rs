//! Clients that send what they are given: bytes over HTTP/1, and requests over HTTP/2 by the crate `h2`.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::corpus::{Case, Http2};
use super::message::{self, Kind, Message, Read};

/// How long a response may take.
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(1500);
/// How long after the last response a server may take to close the connection, or to send another one.
const END_TIMEOUT: Duration = Duration::from_millis(200);
/// Between two pieces.
const PAUSE: Duration = Duration::from_millis(60);

/// What a client has received.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received {
    /// The responses, interim ones too.
    pub(crate) responses: Vec<Message>,
    /// `open`, `closed`, or what stood where a response was to be.
    pub(crate) end: String,
}

/// Sends a case to a server.
pub(crate) async fn send(address: SocketAddr, case: &Case) -> anyhow::Result<Received> {
    let stream = TcpStream::connect(address).await.context("cannot connect")?;
    stream.set_nodelay(true)?;
    match &case.http2 {
        Some(request) => Ok(send_http2(stream, request).await),
        None => send_bytes(stream, case).await,
    }
}

async fn send_bytes(mut stream: TcpStream, case: &Case) -> anyhow::Result<Received> {
    let (mut reader, mut writer) = stream.split();
    let pieces = case.pieces()?;
    let write = async {
        for (number, piece) in pieces.iter().enumerate() {
            if number > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            // A server may have refused the request by then.
            if writer.write_all(piece).await.is_err() {
                break;
            }
        }
    };
    let mut bytes = Vec::new();
    let read = async {
        loop {
            let received = parse(&bytes, case.head, false);
            let finals = received
                .responses
                .iter()
                .filter(|response| !response.status().starts_with('1'))
                .count();
            let limit = if finals >= case.responses { END_TIMEOUT } else { RESPONSE_TIMEOUT };
            match timeout(limit, reader.read_buf(&mut bytes)).await {
                Err(_) => return received,
                Ok(Ok(1..)) => {}
                // A reset is an end as well: which one a client sees depends on what it has sent by then.
                Ok(_) => return parse(&bytes, case.head, true),
            }
        }
    };
    Ok(tokio::join!(write, read).1)
}

/// Takes bytes apart.
fn parse(mut bytes: &[u8], head: bool, closed: bool) -> Received {
    let mut responses = Vec::new();
    let end = if closed { "closed" } else { "open" };
    loop {
        let interim = bytes.get(9) == Some(&b'1');
        match message::read(bytes, Kind::Response { head: head && !interim, closed }) {
            Read::Whole(response, len) => {
                responses.push(response);
                bytes = &bytes[len..];
            }
            Read::Part if bytes.is_empty() => return Received { responses, end: end.to_owned() },
            Read::Part => return Received { responses, end: format!("{end}, within a response") },
            Read::Malformed(line) => {
                return Received { responses, end: format!("{end}, after {line:?}") };
            }
        }
    }
}

async fn send_http2(stream: TcpStream, request: &Http2) -> Received {
    match timeout(RESPONSE_TIMEOUT, exchange(stream, request)).await {
        Ok(Ok(response)) => Received { responses: vec![response], end: "open".to_owned() },
        Ok(Err(error)) => Received { responses: Vec::new(), end: refusal(&error) },
        Err(_) => Received { responses: Vec::new(), end: "open".to_owned() },
    }
}

/// How a server has refused a request.
fn refusal(error: &anyhow::Error) -> String {
    match error.downcast_ref::<h2::Error>() {
        Some(error) if error.is_remote() => match error.reason() {
            Some(reason) => format!("reset: {reason:?}"),
            None => "closed".to_owned(),
        },
        Some(error) if error.is_io() => "closed".to_owned(),
        _ => format!("not sent: {error:#}"),
    }
}

async fn exchange(stream: TcpStream, wanted: &Http2) -> anyhow::Result<Message> {
    let mut request = http::Request::new(());
    *request.method_mut() = Method::from_bytes(wanted.method.as_bytes())?;
    *request.uri_mut() = wanted.uri.parse()?;
    *request.headers_mut() = map(&wanted.headers)?;
    let (client, connection) = h2::client::handshake(stream).await?;
    let connection = tokio::spawn(connection);
    let result = async {
        let mut client = client.ready().await?;
        let follows = wanted.body.is_some() || !wanted.trailers.is_empty();
        let (response, mut body) = client.send_request(request, !follows)?;
        if let Some(bytes) = &wanted.body {
            // A server that has refused the request shows that in its response.
            let _ = body
                .send_data(Bytes::copy_from_slice(bytes.as_bytes()), wanted.trailers.is_empty());
        }
        if !wanted.trailers.is_empty() {
            let _ = body.send_trailers(map(&wanted.trailers)?);
        }
        let (head, mut body) = response.await?.into_parts();
        let mut message = Message {
            line: format!("HTTP/2.0 {}", head.status.as_u16()),
            framing: "frames",
            ..Message::default()
        };
        message.headers = pairs(&head.headers);
        while let Some(data) = body.data().await {
            let data = data?;
            let _ = body.flow_control().release_capacity(data.len());
            message.body.extend(data);
        }
        if let Some(trailers) = body.trailers().await? {
            message.trailers = pairs(&trailers);
        }
        Ok(message)
    }
    .await;
    connection.abort();
    result
}

fn map(pairs: &[(String, String)]) -> anyhow::Result<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_str(value)?);
    }
    Ok(map)
}

fn pairs(map: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| value.as_bytes().iter().copied().map(char::from).collect();
    map.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}
