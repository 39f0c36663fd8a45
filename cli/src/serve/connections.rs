//! Requests to an HTTP/1.1 server, over connections that are kept.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use http::{Request, Response};
use http_wasm_host::layer::Body;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("no connection to {address}: {source}; is the upstream running?")]
    Connect { address: String, source: io::Error },
    #[error("{address} does not answer: {source}")]
    Http { address: String, source: hyper::Error },
}

/// A server and the connections to it.
#[derive(Clone, Debug)]
pub(super) struct Upstream {
    /// Host and port.
    address: Arc<str>,
    /// Connections that have had their turn; some may still be receiving a body.
    kept: Arc<Mutex<Vec<SendRequest<Body>>>>,
}

impl Upstream {
    pub(super) fn new(address: &str) -> Self {
        Self { address: address.into(), kept: Arc::default() }
    }

    pub(super) async fn send(
        &self,
        mut request: Request<Body>,
    ) -> Result<Response<Incoming>, Error> {
        loop {
            let (mut sender, is_kept) = match self.kept() {
                Some(sender) => (sender, true),
                None => (self.connect().await?, false),
            };
            match sender.try_send_request(request).await {
                Ok(response) => {
                    self.lock().push(sender);
                    return Ok(response);
                }
                // The server had closed a kept connection before anything was sent on it.
                Err(mut error) => match error.take_message() {
                    Some(message) if is_kept => request = message,
                    _ => return Err(self.http(error.into_error())),
                },
            }
        }
    }

    fn kept(&self) -> Option<SendRequest<Body>> {
        let mut kept = self.lock();
        kept.retain(|sender| !sender.is_closed());
        let ready = kept.iter().rposition(SendRequest::is_ready)?;
        Some(kept.swap_remove(ready))
    }

    async fn connect(&self) -> Result<SendRequest<Body>, Error> {
        let failed = |source| Error::Connect { address: self.address.to_string(), source };
        let stream = TcpStream::connect(&*self.address).await.map_err(failed)?;
        let _ = stream.set_nodelay(true);
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| self.http(error))?;
        // Ends when its sender is dropped, or when the server closes it.
        tokio::spawn(async move { drop(connection.await) });
        Ok(sender)
    }

    fn http(&self, source: hyper::Error) -> Error {
        Error::Http { address: self.address.to_string(), source }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<SendRequest<Body>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
