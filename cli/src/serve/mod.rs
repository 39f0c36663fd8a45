//! A plain reverse proxy with guests in it, in any language: HTTP in, a chain of guests through the
//! reference host's layer, and an origin behind them.
//!
//! It is what `serve` runs and what the interop tests hold against other hosts. It changes nothing
//! on its way but what HTTP says belongs to a single connection; in particular it adds no
//! `x-forwarded-for`, which is a filter's business. Clients may speak HTTP/1.1 or, without TLS and
//! knowing beforehand, HTTP/2. TLS, upgrades (WebSocket) and balancing are not.

mod loader;
mod origin;
mod replace;
#[cfg(test)]
mod tests;
mod upstream;

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
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tower_service::Service;

pub use loader::{Guest, Loader, Setup, load};
pub use origin::{NotAnOrigin, Origin};
pub use replace::watch;

/// How long requests in flight may take after the server was told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Why a server could not be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A guest's file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The engine cannot be set up.
    #[error(transparent)]
    Engine(LoadError),
    /// This host would not load the guest.
    #[error("{} is not a guest that a host can load: {source}", .path.display())]
    Load {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: LoadError,
    },
    /// The guest cannot be initialised.
    #[error("{}: {source}; perhaps it does not like its configuration", .path.display())]
    Start {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: StartError,
    },
    /// The address cannot be had.
    #[error("cannot listen on {address}: {source}; port 0 lets the system choose")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
}

/// A server that listens; it stops at once when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Server {
    /// Listens on `address`, on the current tokio runtime. The first of `guests` is the outermost:
    /// it sees requests first and responses last.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub async fn start(
        address: SocketAddr,
        guests: &[GuestLayer],
        origin: Origin,
    ) -> Result<Self, Error> {
        let failed = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let chain = guests.iter().rev().fold(Link::Origin(origin), |inner, guest| {
            Link::Guest(Box::new(tower_layer::Layer::layer(guest, inner)))
        });
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(accept(listener, chain, stopped));
        Ok(Self { address, stop, task })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more requests, and waits for those in flight, for a while.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        // Whatever is left then ends with the task.
        let _ = tokio::time::timeout(GRACE, &mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, chain: Link, mut stopped: watch::Receiver<bool>) {
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
            // Too many open files: some will be closed soon.
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
    mut stopped: watch::Receiver<bool>,
) {
    // Answers are written in one piece where they can be; waiting for more only delays them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ClientAddr(client));
        chain.clone().call(request.map(Body::stream))
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new());
    let mut serving = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    // A connection that breaks has a client that knows; why the server broke it was an event.
    tokio::select! {
        _ = serving.as_mut() => {}
        _ = stopped.changed() => {
            serving.as_mut().graceful_shutdown();
            let _ = serving.await;
        }
    }
}

/// A link of the chain: a guest around the rest of it, or the origin at its end.
#[derive(Clone)]
enum Link {
    Origin(Origin),
    Guest(Box<GuestService<Link>>),
}

impl Service<Request<Body>> for Link {
    type Response = Response<Body>;
    type Error = layer::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, layer::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), layer::Error>> {
        // Every link takes any number of requests.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match self {
            Self::Origin(origin) => {
                let origin = origin.clone();
                Box::pin(async move { Ok(origin.answer(request).await) })
            }
            Self::Guest(guest) => Box::pin(guest.call(request)),
        }
    }
}
