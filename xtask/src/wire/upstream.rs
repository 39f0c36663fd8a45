//! The server behind a host: records requests as they came, and responds with prepared bytes.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::message::{self, Kind, Message, Read};

/// A server that stops when this is dropped.
#[derive(Debug)]
pub(crate) struct Upstream {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    response: Vec<u8>,
    seen: Vec<Message>,
    /// How many connections have begun a request that has not ended.
    arriving: usize,
}

impl Upstream {
    /// Starts it on a loopback port that the system chooses.
    pub(crate) async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::default();
        let task = tokio::spawn(accept(listener, Arc::clone(&state)));
        Ok(Self { address, state, task })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Begins a case: responds with these bytes, and forgets what it has seen.
    pub(crate) fn expect(&self, response: Vec<u8>) {
        let mut state = lock(&self.state);
        state.response = response;
        state.seen.clear();
    }

    /// The requests that came whole. What is still arriving is waited for, but not for long.
    pub(crate) async fn seen(&self) -> Vec<Message> {
        let end = Instant::now() + Duration::from_millis(500);
        while lock(&self.state).arriving > 0 && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        std::mem::take(&mut lock(&self.state).seen)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        connections.spawn(connection(stream, Arc::clone(&state)));
        while connections.try_join_next().is_some() {}
    }
}

/// Counts a request from its first byte to its last, also when the connection ends between.
struct Arriving<'s>(&'s Mutex<State>, bool);

impl Arriving<'_> {
    fn set(&mut self, arriving: bool) {
        let mut state = lock(self.0);
        match (self.1, arriving) {
            (false, true) => state.arriving += 1,
            (true, false) => state.arriving -= 1,
            _ => {}
        }
        self.1 = arriving;
    }
}

impl Drop for Arriving<'_> {
    fn drop(&mut self) {
        self.set(false);
    }
}

async fn connection(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let _ = stream.set_nodelay(true);
    let mut arriving = Arriving(&state, false);
    let mut bytes = Vec::new();
    loop {
        let (message, len) = match message::read(&bytes, Kind::Request) {
            Read::Whole(message, len) => (message, len),
            Read::Malformed(line) => {
                (Message { line, framing: "malformed", ..Message::default() }, bytes.len())
            }
            Read::Part => {
                arriving.set(!bytes.is_empty());
                match stream.read_buf(&mut bytes).await {
                    Ok(1..) => continue,
                    _ => return,
                }
            }
        };
        bytes.drain(..len);
        let head = message.line.starts_with("HEAD ");
        let response = {
            let mut state = lock(&state);
            state.seen.push(message);
            state.response.clone()
        };
        arriving.set(false);
        let end = response
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .map_or(response.len(), |at| at + 4);
        if stream.write_all(if head { &response[..end] } else { &response }).await.is_err() {
            return;
        }
        let text = String::from_utf8_lossy(&response[..end]).to_lowercase();
        // A response without a length ends with its connection.
        if text.contains("connection: close")
            || !(text.contains("content-length") || text.contains("chunked") || head)
        {
            return;
        }
    }
}
