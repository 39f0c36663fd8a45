//! The server behind a host under test: sends prepared responses and records requests.

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
use super::target::{Targets, WithoutTarget};
use super::{Error, Response, Seen, collect};

/// A server that records requests; it stops when this is dropped.
///
/// Exchanges run one after the other: [`Self::expect`], then the request through the host, then
/// [`Self::seen`].
#[derive(Debug)]
pub struct RecordingUpstream {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

/// What the server does with a request.
#[derive(Clone, Debug, Default)]
enum Action {
    /// No exchange has begun.
    #[default]
    Unset,
    Respond(Box<Response>),
    HangUp,
}

/// The connection is closed without a response.
#[derive(Debug, thiserror::Error)]
#[error("hung up")]
struct HungUp;

#[derive(Debug, Default)]
struct State {
    action: Action,
    seen: Vec<Seen>,
    /// The number of the current exchange. A request that a host cancelled may end during a later
    /// one.
    exchange: u64,
    /// How many requests of this exchange are arriving and not yet in `seen`.
    arriving: usize,
}

impl RecordingUpstream {
    /// Starts the server on the current tokio runtime, on a loopback port that the system chooses.
    ///
    /// # Errors
    /// When no loopback port is free.
    pub async fn start() -> Result<Self, Error> {
        Self::listen((Ipv4Addr::LOCALHOST, 0).into()).await
    }

    /// Starts the server at this address.
    ///
    /// # Errors
    /// When the address cannot be used.
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

    /// Begins an exchange: responds to every request with this, and forgets recorded requests.
    pub fn expect(&self, response: Response) {
        self.begin(Action::Respond(Box::new(response)));
    }

    /// Begins an exchange: reads every request and closes its connection without a response, and
    /// forgets recorded requests.
    pub fn hang_up(&self) {
        self.begin(Action::HangUp);
    }

    fn begin(&self, action: Action) {
        let mut state = lock(&self.state);
        let exchange = state.exchange + 1;
        *state = State { action, exchange, ..State::default() };
    }

    /// Waits until no request is arriving, but not longer than `timeout`. With `expected` it also
    /// waits for a first request.
    pub async fn settle(&self, expected: bool, timeout: Duration) {
        let end = Instant::now() + timeout;
        let settled = || {
            let state = lock(&self.state);
            state.arriving == 0 && !(expected && state.seen.is_empty())
        };
        while !settled() && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Takes the requests of this exchange, in order.
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

/// Locks the state. It is consistent at every moment, so a poisoned lock can be used.
fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    // Connections live in this set so that they end with the server.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        // Head and body are flushed separately; waiting for the acknowledgement of the first takes
        // 40 ms.
        let _ = stream.set_nodelay(true);
        let state = Arc::clone(&state);
        let targets = Targets::new();
        let stream = WithoutTarget::new(stream, targets.clone());
        let service =
            service_fn(move |request| respond(request, targets.clone(), Arc::clone(&state)));
        // Whoever is under test has limits of its own.
        let connection = http1::Builder::new()
            .max_headers(10_000)
            .auto_date_header(false)
            .serve_connection(TokioIo::new(stream), service);
        // Some exchanges break the connection on purpose; their requests are recorded.
        connections.spawn(async move { drop(connection.await) });
        while connections.try_join_next().is_some() {}
    }
}

async fn respond(
    request: http::Request<Incoming>,
    targets: Targets,
    state: Arc<Mutex<State>>,
) -> Result<http::Response<Outgoing>, HungUp> {
    let (head, body) = request.into_parts();
    let exchange = {
        let mut state = lock(&state);
        state.arriving += 1;
        state.exchange
    };
    let (body, trailers, broken) = collect(body).await;
    let uri = targets.take().unwrap_or_else(|| head.uri.to_string());
    let seen = Seen { method: head.method, uri, headers: head.headers, body, trailers, broken };
    let action = {
        let mut state = lock(&state);
        if state.exchange == exchange {
            state.arriving -= 1;
            state.seen.push(seen);
        }
        state.action.clone()
    };
    let prepared = match action {
        Action::Respond(response) => *response,
        Action::HangUp => return Err(HungUp),
        Action::Unset => Response {
            status: StatusCode::SERVICE_UNAVAILABLE,
            body: b"no exchange has begun".to_vec(),
            ..Response::default()
        },
    };
    let mut headers = prepared.headers;
    let body = Outgoing::new(&mut headers, &prepared.body, &prepared.trailers, prepared.chunked);
    let mut response = http::Response::new(body);
    *response.status_mut() = prepared.status;
    *response.headers_mut() = headers;
    Ok(response)
}
