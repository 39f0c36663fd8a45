//! A plain reverse proxy with guests in it, in any language: HTTP in, a chain of guests through the
//! reference host's layer, and an origin behind them.
//!
//! It is what `serve` runs and what the interop tests hold against other hosts. It changes nothing
//! on its way but what HTTP says belongs to a single connection; in particular it adds no
//! `x-forwarded-for`, which is a filter's business. TLS, upgrades (WebSocket) and balancing are
//! not.

mod origin;
#[cfg(test)]
mod tests;
mod upstream;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use http_wasm_host::Profile;
use http_wasm_host::engine::{LoadError, Module, Options, Pool, StartError};
use http_wasm_host::exchange::Settings;
use http_wasm_host::layer::{self, Body, ClientAddr, Event, GuestLayer, GuestService};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tower_service::Service;

pub use origin::{NotAnOrigin, Origin};

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

/// A guest to be loaded.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Its file.
    pub wasm: PathBuf,
    /// What it reads as its configuration; empty: none.
    pub config: Vec<u8>,
}

/// Loads a guest, and starts its first instance. What happens there and later is told to
/// `observer`.
///
/// # Errors
/// When it cannot be loaded or started.
pub fn load(
    guest: &Guest,
    profile: Profile,
    observer: impl Fn(Event<'_>) + Send + Sync + 'static,
) -> Result<GuestLayer, Error> {
    let path = || guest.wasm.clone();
    let wasm = read(&guest.wasm)?;
    let module = Module::new(&wasm, Options { profile, ..Options::default() })
        .map_err(|source| Error::Load { path: path(), source })?;
    let settings = Settings {
        profile,
        config: guest.config.clone(),
        // Nobody would see them.
        record_calls: false,
        ..Settings::default()
    };
    let start = |source| Error::Start { path: path(), source };
    let pool = Pool::new(module, settings).map_err(start)?;
    // What it logs while it starts belongs to no request.
    for entry in pool.take().map_err(start)?.take_start_logs() {
        observer(Event::Log(&entry));
    }
    Ok(GuestLayer::builder(Arc::new(pool)).observe(observer).build())
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })
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
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    let mut serving = std::pin::pin!(serving);
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
            Self::Guest(guest) => guest.call(request),
        }
    }
}
