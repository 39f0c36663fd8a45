//! Where a server listens, and how it accepts connections.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::sync::watch::Receiver;
use tokio::task::JoinSet;

use super::chain::Link;
use super::connection;
use super::console::Console;
use super::options::ServerOptions;

/// The addresses of `HOST:PORT`; the first that can be used is meant. Without a host it is every
/// address of this machine.
///
/// # Errors
/// When the text has another form, or the name has no address.
pub fn addresses(text: &str) -> Result<Vec<SocketAddr>, String> {
    let wanted = "wanted HOST:PORT, such as 127.0.0.1:8080, localhost:8080 or :8080";
    let (host, port) = text.rsplit_once(':').ok_or(wanted)?;
    let port: u16 = port.parse().map_err(|_| wanted)?;
    if host.is_empty() {
        let all = [IpAddr::V6(Ipv6Addr::UNSPECIFIED), IpAddr::V4(Ipv4Addr::UNSPECIFIED)];
        return Ok(all.map(|address| (address, port).into()).into());
    }
    let found = text.to_socket_addrs().map_err(|error| format!("{error}; {wanted}"))?;
    let mut found: Vec<_> = found.collect();
    // Clients of a name such as localhost try both, and some only this.
    found.sort_by_key(SocketAddr::is_ipv6);
    Ok(found)
}

/// How many files one connection needs: its own, and that to the upstream.
const FILES_PER_CONNECTION: u64 = 2;
/// How many files everything else needs.
const OTHER_FILES: u64 = 64;

/// Allows the process as many open files as this many connections need, and returns how many
/// connections it can have.
#[cfg(unix)]
pub fn allow_connections(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let files = (wanted as u64).saturating_mul(FILES_PER_CONNECTION).saturating_add(OTHER_FILES);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let mut allowed = current.unwrap_or(u64::MAX);
    if allowed < files {
        let raised = files.min(maximum.unwrap_or(u64::MAX));
        if setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }).is_ok() {
            allowed = raised;
        }
    }
    let possible = allowed.saturating_sub(OTHER_FILES) / FILES_PER_CONNECTION;
    wanted.min(usize::try_from(possible).unwrap_or(usize::MAX).max(1))
}

/// Elsewhere the system does not count them.
#[cfg(not(unix))]
pub const fn allow_connections(wanted: usize) -> usize {
    wanted
}

/// Accepts connections until the server stops, and then waits for those that there are.
pub(super) async fn accept(
    listener: TcpListener,
    chain: Link,
    options: Arc<ServerOptions>,
    console: Console,
    mut stopped: Receiver<bool>,
) {
    let free = Arc::new(Semaphore::new(options.max_connections.min(Semaphore::MAX_PERMITS)));
    // Connections live in this set so that they end with the server.
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = next(&listener, &free, &options, &console) => accepted,
            _ = stopped.changed() => break,
        };
        match accepted {
            Ok((permit, stream, client)) => {
                let (chain, options) = (chain.clone(), Arc::clone(&options));
                let (console, stopped) = (console.clone(), stopped.clone());
                connections.spawn(async move {
                    connection::serve(stream, client, chain, options, console, stopped).await;
                    drop(permit);
                });
            }
            // Such as too many open files; some will be closed soon.
            Err(error) => {
                console.warn(format_args!("cannot accept a connection: {error}"));
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

type Accepted = (tokio::sync::OwnedSemaphorePermit, tokio::net::TcpStream, SocketAddr);

/// Waits until another connection may be accepted, and for it.
async fn next(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
    options: &ServerOptions,
    console: &Console,
) -> io::Result<Accepted> {
    let permit = match Arc::clone(free).try_acquire_owned() {
        Ok(permit) => permit,
        Err(_) => {
            console.warn(format_args!(
                "{} connections are open, and further ones wait (--max-connections)",
                options.max_connections
            ));
            Arc::clone(free).acquire_owned().await.map_err(io::Error::other)?
        }
    };
    let (stream, client) = listener.accept().await?;
    Ok((permit, stream, client))
}
