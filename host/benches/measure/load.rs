//! A load on a server: so many requests over so many connections that stay open, each sending its
//! next request when it has read the answer to the last.

use std::cell::Cell;
use std::error::Error;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use crate::common::headers;

/// A server may hang, or take too long to wait for; this program may not.
const TIMEOUT: Duration = Duration::from_secs(15);

/// What all connections share.
struct Load {
    headers: HeaderMap,
    left: Cell<u64>,
    /// Answers with a `set-cookie`, which is what the guest adds.
    marked: Cell<u64>,
}

/// Sends a tenth of the requests to warm up, and then measures.
pub(crate) fn measure(
    address: SocketAddr,
    connections: usize,
    requests: u64,
) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = LocalSet::new();
    local.block_on(&runtime, async {
        tokio::time::timeout(TIMEOUT, async {
            let mut senders = Vec::new();
            for _ in 0..connections {
                senders.push(connect(address).await?);
            }
            let (senders, ..) = round(senders, requests / 10).await?;
            let began = Instant::now();
            let (_, mut times, marked) = round(senders, requests).await?;
            let seconds = began.elapsed().as_secs_f64();
            times.sort_unstable();
            let part = |percent: usize| {
                let index = (times.len() * percent / 100).min(times.len().saturating_sub(1));
                times.get(index).map(|time| time.as_secs_f64() * 1e6)
            };
            println!(
                "{}",
                json!({
                    "requests": times.len(),
                    "marked": marked,
                    "per_second": times.len() as f64 / seconds,
                    "p50_us": part(50),
                    "p90_us": part(90),
                    "p99_us": part(99),
                })
            );
            Ok(())
        })
        .await
        .map_err(|_| format!("the server took more than {} s", TIMEOUT.as_secs()))?
    })
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Empty<Bytes>>, Box<dyn Error>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Its end shows at the sender.
    tokio::task::spawn_local(connection);
    Ok(sender)
}

type Round = (Vec<SendRequest<Empty<Bytes>>>, Vec<Duration>, u64);

/// Sends so many requests over these connections; gives how long each took, and how many answers
/// were the guest's.
async fn round(
    senders: Vec<SendRequest<Empty<Bytes>>>,
    requests: u64,
) -> Result<Round, Box<dyn Error>> {
    let load =
        Rc::new(Load { headers: headers(), left: Cell::new(requests), marked: Cell::new(0) });
    let workers: Vec<_> = senders
        .into_iter()
        .map(|sender| tokio::task::spawn_local(work(sender, Rc::clone(&load))))
        .collect();
    let (mut senders, mut times) = (Vec::new(), Vec::new());
    for worker in workers {
        let (sender, more) = worker.await??;
        senders.push(sender);
        times.extend(more);
    }
    Ok((senders, times, load.marked.get()))
}

type Worked = (SendRequest<Empty<Bytes>>, Vec<Duration>);

async fn work(
    mut sender: SendRequest<Empty<Bytes>>,
    load: Rc<Load>,
) -> Result<Worked, Box<dyn Error>> {
    let mut times = Vec::new();
    while let Some(left) = load.left.get().checked_sub(1) {
        load.left.set(left);
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = http::Uri::from_static("/items?limit=10");
        *request.headers_mut() = load.headers.clone();
        let began = Instant::now();
        sender.ready().await?;
        let response = sender.send_request(request).await?;
        let (head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        times.push(began.elapsed());
        if head.status != StatusCode::OK || body.len() != 5 {
            return Err(format!(
                "found {} with {} bytes, wanted 200 with 5",
                head.status,
                body.len()
            )
            .into());
        }
        if head.headers.contains_key(http::header::SET_COOKIE) {
            load.marked.set(load.marked.get() + 1);
        }
    }
    Ok((sender, times))
}
