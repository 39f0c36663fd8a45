//! The server behind a live host: answers as it is told, and remembers what it was asked.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::StatusCode;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::outgoing::Outgoing;
use super::{Error, Response, Seen, collect};

/// The server; it stops when this is dropped.
///
/// Exchanges run one after the other: [`Self::expect`], then the request through the host, then
/// [`Self::seen`].
#[derive(Debug)]
pub struct RecordingUpstream {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

/// What is done with a request.
#[derive(Clone, Debug, Default)]
enum Act {
    /// Nobody has said it yet.
    #[default]
    Nothing,
    Answer(Box<Response>),
    HangUp,
}

/// The connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("hung up")]
struct HungUp;

#[derive(Debug, Default)]
struct State {
    act: Act,
    seen: Vec<Seen>,
    /// Which exchange is under way. A request that a host has given up may be read to its end when
    /// another one is.
    exchange: u64,
    /// How many requests of this exchange have begun to arrive and are not among those seen.
    arriving: usize,
}

impl RecordingUpstream {
    /// Starts the server on the current tokio runtime, on a loopback port that the system chooses.
    ///
    /// # Errors
    /// When no loopback port can be had.
    pub async fn start() -> Result<Self, Error> {
        Self::listen((Ipv4Addr::LOCALHOST, 0).into()).await
    }

    /// Starts it at this address.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub async fn listen(wanted: SocketAddr) -> Result<Self, Error> {
        let failed = |source| Error::Listen { address: wanted, source };
        let listener = TcpListener::bind(wanted).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let state = Arc::new(Mutex::new(State::default()));
        let task = tokio::spawn(serve(listener, Arc::clone(&state)));
        Ok(Self { address, state, task })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets the answer to every request from now on, and forgets the requests seen so far.
    pub fn expect(&self, answer: Response) {
        self.begin(Act::Answer(Box::new(answer)));
    }

    /// Makes every request from now on be read and its connection closed without an answer, and
    /// forgets the requests seen so far.
    pub fn hang_up(&self) {
        self.begin(Act::HangUp);
    }

    fn begin(&self, act: Act) {
        let mut state = lock(&self.state);
        let exchange = state.exchange + 1;
        *state = State { act, exchange, ..State::default() };
    }

    /// Waits until what has begun to arrive is there, as far as it gets; at most as long as given.
    /// With `expected` it also waits for something to begin.
    pub async fn settle(&self, expected: bool, most: Duration) {
        let end = Instant::now() + most;
        let settled = || {
            let state = lock(&self.state);
            state.arriving == 0 && !(expected && state.seen.is_empty())
        };
        while !settled() && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// The requests that arrived since [`Self::expect`], in their order.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut lock(&self.state).seen)
    }
}

impl Drop for RecordingUpstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The state is whole at every moment, so a panic elsewhere does not spoil it.
fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    // Connections live in this set so that they end with the server.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        // Head and body are flushed apart; waiting for the first's acknowledgement takes 40 ms.
        let _ = stream.set_nodelay(true);
        let state = Arc::clone(&state);
        let service = service_fn(move |request| answer(request, Arc::clone(&state)));
        let connection = http1::Builder::new()
            .auto_date_header(false)
            .serve_connection(TokioIo::new(stream), service);
        // A connection that breaks is what some exchanges are about; its request is recorded.
        connections.spawn(async move { drop(connection.await) });
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(
    request: http::Request<Incoming>,
    state: Arc<Mutex<State>>,
) -> Result<http::Response<Outgoing>, HungUp> {
    let (head, body) = request.into_parts();
    let exchange = {
        let mut state = lock(&state);
        state.arriving += 1;
        state.exchange
    };
    let (body, trailers, broken) = collect(body).await;
    let uri = head.uri.to_string();
    let seen = Seen { method: head.method, uri, headers: head.headers, body, trailers, broken };
    let act = {
        let mut state = lock(&state);
        if state.exchange == exchange {
            state.arriving -= 1;
            state.seen.push(seen);
        }
        state.act.clone()
    };
    let answer = match act {
        Act::Answer(answer) => *answer,
        Act::HangUp => return Err(HungUp),
        Act::Nothing => Response {
            status: StatusCode::SERVICE_UNAVAILABLE,
            body: b"no exchange is under way".to_vec(),
            ..Response::default()
        },
    };
    let mut headers = answer.headers;
    let body = Outgoing::new(&mut headers, &answer.body, &answer.trailers, answer.chunked);
    let mut response = http::Response::new(body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = headers;
    Ok(response)
}
