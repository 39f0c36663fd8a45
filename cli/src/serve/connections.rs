//! Sends requests to an HTTP/1.1 server over pooled connections.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use http::{Request, Response};
use http_wasm_host::layer::Body;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("no connection to {address}: {source}; is the upstream running?")]
    Connect { address: String, source: io::Error },
    #[error("{address} does not respond: {source}")]
    Http { address: String, source: hyper::Error },
}

/// A server and the pooled connections to it.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    /// Host and port.
    address: Arc<str>,
    /// Connections that were used before; some may still be receiving a body.
    pooled: Arc<Mutex<Vec<SendRequest<Body>>>>,
}

impl Connections {
    pub(super) fn new(address: &str) -> Self {
        Self { address: address.into(), pooled: Arc::default() }
    }

    pub(super) async fn send(
        &self,
        mut request: Request<Body>,
    ) -> Result<Response<Incoming>, Error> {
        loop {
            let (mut sender, is_pooled) = match self.pooled() {
                Some(sender) => (sender, true),
                None => (self.connect().await?, false),
            };
            match sender.try_send_request(request).await {
                Ok(response) => {
                    self.lock().push(sender);
                    return Ok(response);
                }
                // The server had closed a pooled connection before anything was sent on it.
                Err(mut error) => match error.take_message() {
                    Some(message) if is_pooled => request = message,
                    _ => return Err(self.http(error.into_error())),
                },
            }
        }
    }

    fn pooled(&self) -> Option<SendRequest<Body>> {
        let mut pooled = self.lock();
        pooled.retain(|sender| !sender.is_closed());
        let ready = pooled.iter().rposition(SendRequest::is_ready)?;
        Some(pooled.swap_remove(ready))
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
        self.pooled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
