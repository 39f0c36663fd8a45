//! A reverse proxy that runs guests: a chain of them in the reference host's layer, with an upstream
//! behind it.
//!
//! `serve` runs it, and interop tests compare it with other hosts. It changes only the headers that
//! belong to a single connection; in particular it adds no `x-forwarded-for`, which is a filter's
//! business. Clients may use HTTP/1.1 or, without TLS and with prior knowledge, HTTP/2. TLS, upgrades
//! (WebSocket) and load balancing are not supported.

mod connections;
mod loader;
#[cfg(test)]
mod tests;
mod upstream;
mod watch;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use http_wasm_host::engine::{LoadError, StartError};
use http_wasm_host::layer::{self, Body, ClientAddr, GuestLayer, GuestService};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch::{Receiver, Sender, channel};
use tokio::task::{JoinHandle, JoinSet};
use tower_service::Service;

pub use loader::{Guest, LoadOptions, Loader, load};
pub use upstream::{InvalidUpstream, Upstream};
pub use watch::watch;

/// How long requests in flight may take when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A guest's file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The engine cannot be set up.
    #[error(transparent)]
    Engine(LoadError),
    /// The guest does not load.
    #[error("{} is not a guest that a host can load: {source}", .path.display())]
    Load {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: LoadError,
    },
    /// The guest cannot be initialised.
    #[error("{}: {source}; it may reject its configuration", .path.display())]
    Start {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: StartError,
    },
    /// The address cannot be used.
    #[error("cannot listen on {address}: {source}; port 0 lets the system choose")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// A running server; it stops at once when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Sender<bool>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts a server on the current tokio runtime. The first of `guests` is the outermost: it
    /// receives requests first and responses last.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub async fn start(
        address: SocketAddr,
        guests: &[GuestLayer],
        upstream: Upstream,
    ) -> Result<Self, Error> {
        let failed = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let chain = guests.iter().rev().fold(Link::Upstream(upstream), |inner, guest| {
            Link::Guest(Box::new(tower_layer::Layer::layer(guest, inner)))
        });
        let (stop, stopped) = channel(false);
        let task = tokio::spawn(accept(listener, chain, stopped));
        Ok(Self { address, stop, task })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts no more requests, and waits for those in flight for a limited time.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        // Requests that are left then end with the task.
        let _ = tokio::time::timeout(STOP_TIMEOUT, &mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, chain: Link, mut stopped: Receiver<bool>) {
    // Connections live in this set so that they end with the server.
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => break,
        };
        match accepted {
            Ok((stream, client)) => {
                connections.spawn(connection(stream, client, chain.clone(), stopped.clone()));
            }
            // Too many open files; some will be closed soon.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(
    stream: TcpStream,
    client: SocketAddr,
    chain: Link,
    mut stopped: Receiver<bool>,
) {
    // Responses are written in one piece where possible; waiting for more only delays them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ClientAddr(client));
        chain.clone().call(request.map(Body::stream))
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new());
    let mut serving = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    // The client notices a broken connection; why the server broke it was an event.
    tokio::select! {
        _ = serving.as_mut() => {}
        _ = stopped.changed() => {
            serving.as_mut().graceful_shutdown();
            let _ = serving.await;
        }
    }
}

/// A link of the chain: a guest around the rest of it, or the upstream at its end.
#[derive(Clone)]
enum Link {
    Upstream(Upstream),
    Guest(Box<GuestService<Link>>),
}

impl Service<Request<Body>> for Link {
    type Response = Response<Body>;
    type Error = layer::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, layer::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), layer::Error>> {
        // Every link accepts any number of requests.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match self {
            Self::Upstream(upstream) => {
                let upstream = upstream.clone();
                Box::pin(async move { Ok(upstream.respond(request).await) })
            }
            Self::Guest(guest) => Box::pin(guest.call(request)),
        }
    }
}
