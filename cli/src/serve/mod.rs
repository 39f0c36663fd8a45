//! A reverse proxy that runs guests: a chain of them in the reference host's layer, with an upstream
//! behind it.
//!
//! `serve` runs it, and interop tests compare it with other hosts. It changes only the headers that
//! belong to a single connection, and those that [`Forwarded`] says.
//!
//! Clients use HTTP/1.1 or, without TLS and with prior knowledge, HTTP/2; the upstream HTTP/1.1 or HTTP/2,
//! with or without TLS. Upgrades such as WebSocket pass, trailers and gRPC too. Not supported: TLS towards
//! clients, several upstreams, WebSocket over HTTP/2, and the informational responses of an upstream,
//! which are dropped: the HTTP library cannot send any but its own `100 Continue`.

mod bodies;
mod chain;
mod connection;
mod console;
mod exchange;
mod listen;
mod loader;
mod messages;
mod options;
mod progress;
mod state;
mod stream;
#[cfg(test)]
mod tests;
mod upgrade;
mod upstream;
mod watch;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use http_wasm_host::engine::{LoadError, StartError};
use http_wasm_host::layer::GuestLayer;
use tokio::net::TcpListener;
use tokio::sync::watch::{Sender, channel};
use tokio::task::JoinHandle;

pub use listen::{addresses, allow_connections};
pub use loader::{Guest, LoadOptions, Loader, load};
pub use options::{Forwarded, HeaderLimits, ServerOptions, UpstreamOptions};
pub use upstream::{InvalidUpstream, Upstream};
pub use watch::watch;

use chain::Link;
use console::Console;

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
    #[error("cannot listen on {address}: {source}{}", hint(.source))]
    Listen {
        /// Which address.
        address: String,
        /// What the system said.
        source: io::Error,
    },
}

fn hint(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::AddrInUse => "; port 0 lets the system choose another",
        io::ErrorKind::AddrNotAvailable => "; it is not an address of this machine",
        io::ErrorKind::PermissionDenied => "; choose a port above 1023",
        _ => "",
    }
}

/// A running server; it stops at once when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Sender<bool>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts a server with defaults on the current tokio runtime. The first of `guests` is the
    /// outermost: it receives requests first and responses last.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub async fn start(
        address: SocketAddr,
        guests: &[GuestLayer],
        upstream: Upstream,
    ) -> Result<Self, Error> {
        Self::start_with(&[address], guests, upstream, ServerOptions::default()).await
    }

    /// Starts a server like [`Self::start`], but with these options and at the first of several
    /// addresses that can be used.
    ///
    /// # Errors
    /// When no address can be used.
    pub async fn start_with(
        addresses: &[SocketAddr],
        guests: &[GuestLayer],
        upstream: Upstream,
        options: ServerOptions,
    ) -> Result<Self, Error> {
        let failed = |source| {
            let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            Error::Listen { address: addresses.join(" or "), source }
        };
        let listener = TcpListener::bind(addresses).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let console = if upstream.is_quiet() { Console::silent() } else { Console::new() };
        let chain = Link::new(guests, upstream);
        let (stop, stopped) = channel(false);
        let task = tokio::spawn(listen::accept(listener, chain, options.into(), console, stopped));
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
