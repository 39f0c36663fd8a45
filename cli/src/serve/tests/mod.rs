//! The proxy between a client and an upstream of ours.

mod clients;
mod framing;
mod guests;
mod limits;
mod received;
mod stalls;
mod tls;
mod upgrades;
mod upstreams;

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use http_wasm_abi::LogLevel;
use http_wasm_model::Profile;
use http_wasm_testkit::guest;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;
use crate::http_probe::upstream::RecordingUpstream;
use crate::http_probe::{self, client, header_map};

/// Adds `x-seen: N` to requests, where N is its configuration.
const GUEST: &str = r#"
  (data (i32.const 0) "x-seen")
  (func (export "_start") (call $log (i32.const 0) (i32.const 0) (i32.const 1)))
  (func (export "handle_request") (result i64)
    (call $add_header_value (i32.const 0) (i32.const 0) (i32.const 6)
      (i32.const 16) (call $get_config (i32.const 16) (i32.const 99)))
    (i64.const 1))"#;

fn guest(folder: &Path, config: &str) -> GuestLayer {
    let wasm = folder.join("guest.wasm");
    std::fs::write(&wasm, wat::parse_str(guest::module(GUEST)).unwrap()).unwrap();
    let guest = Guest { wasm, config: config.into(), log: LogLevel::Debug };
    load(&guest, Profile::Strict, |_| {}).unwrap()
}

async fn start(guests: &[GuestLayer], proxied: Upstream) -> Server {
    Server::start((Ipv4Addr::LOCALHOST, 0).into(), guests, proxied).await.unwrap()
}

async fn send(server: &Server, request: &http_probe::Request) -> http_probe::Response {
    client::send(server.address(), request).await.unwrap().unwrap()
}

/// Starts a server with one guest in front of this upstream.
async fn start_with(proxied: Upstream, options: ServerOptions) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let guests = [guest(folder.path(), "x")];
    let address = (Ipv4Addr::LOCALHOST, 0).into();
    Server::start_with(&[address], &guests, proxied.quiet(), options).await.unwrap()
}

async fn start_plain(proxied: Upstream) -> Server {
    start_with(proxied, ServerOptions::default()).await
}

/// An upstream that handles each connection with this; it ends with the runtime of the test.
async fn raw_upstream<F>(handle: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(handle(stream));
        }
    });
    address
}

/// An upstream that answers the first request of each connection with these bytes, and closes it.
async fn answering(answer: &'static [u8]) -> SocketAddr {
    raw_upstream(async move |mut stream| {
        read_head(&mut stream).await;
        let _ = stream.write_all(answer).await;
        let _ = stream.shutdown().await;
        let _ = stream.read(&mut [0; 1024]).await;
    })
    .await
}

/// Reads up to the end of a head; empty when there is none.
async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return String::new() };
        head.push(byte);
    }
    String::from_utf8(head).unwrap()
}

/// A connection of HTTP/2.
async fn http2_client<B>(server: &Server) -> hyper::client::conn::http2::SendRequest<B>
where
    B: hyper::body::Body<Data: Send, Error: std::error::Error + Send + Sync>
        + Send
        + Unpin
        + 'static,
{
    let stream = TcpStream::connect(server.address()).await.unwrap();
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    sender
}

/// Sends these bytes, and reads until the server closes the connection or for a second after the last
/// byte; and how it ended.
async fn raw(server: &Server, request: &[u8]) -> (String, Ending) {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(request).await.unwrap();
    read_all(&mut stream).await
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Open,
    Closed,
    Reset,
}

async fn read_all(stream: &mut TcpStream) -> (String, Ending) {
    let mut all = Vec::new();
    let mut piece = [0; 4096];
    let ending = loop {
        match tokio::time::timeout(Duration::from_secs(1), stream.read(&mut piece)).await {
            Ok(Ok(0)) => break Ending::Closed,
            Ok(Ok(len)) => all.extend_from_slice(&piece[..len]),
            Ok(Err(_)) => break Ending::Reset,
            Err(_) => break Ending::Open,
        }
    };
    (String::from_utf8_lossy(&all).into_owned(), ending)
}
