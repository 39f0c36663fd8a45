//! Sends requests to a server, over pooled HTTP/1.1 connections or a shared one of HTTP/2.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::uri::{Authority, Scheme};
use http::{Method, Request, Response, StatusCode, Uri};
use http_wasm_host::layer::BoxError;
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::{http1, http2};
use hyper_util::client::legacy::connect::Connection as _;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Instant;

use super::connector::Connector;
use super::headers::{for_http1, for_http2};
use crate::serve::UpstreamOptions;
use crate::serve::bodies::{Sending, SentBody};
use crate::serve::stream::UpstreamStream;

/// How long a connection is kept that nobody uses.
const MAX_IDLE: Duration = Duration::from_secs(60);

/// How often an HTTP/2 connection is tried while requests are in flight, and how long that may take.
const PING: Duration = Duration::from_secs(20);

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("no connection to {server}: {reason}; is the upstream running?")]
    Connect { server: String, reason: String },
    #[error("no connection to {server} within {timeout:?} (--connect-timeout)")]
    ConnectTimeout { server: String, timeout: Duration },
    #[error("{server} does not respond: {reason}")]
    Http { server: String, reason: String },
    #[error("{server} does not respond within {timeout:?} (--response-timeout)")]
    ResponseTimeout { server: String, timeout: Duration },
    #[error("the response of {server} has more than {limits}")]
    TooLarge { server: String, limits: String },
    #[error("the response of {server} is not usable: {reason}")]
    Response { server: String, reason: String },
    #[error("a request did not arrive whole: {reason}")]
    Client { status: StatusCode, reason: String },
}

/// The versions of HTTP that a server is known to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Versions {
    Http1,
    Http2,
    /// The server chooses while TLS begins.
    Negotiated,
}

/// A server and the connections to it; clones share them.
#[derive(Clone, Debug)]
pub(super) struct Connections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    scheme: Scheme,
    authority: Authority,
    versions: Versions,
    connector: Connector,
    options: UpstreamOptions,
    /// Connections that were used before, with the time; some may still be receiving a body.
    pooled: Mutex<Vec<(http1::SendRequest<SentBody>, Instant)>>,
    http2: Mutex<Option<http2::SendRequest<SentBody>>>,
    /// Held while an HTTP/2 connection is opened: one is enough.
    connecting: tokio::sync::Mutex<()>,
}

enum Sender {
    Http1(http1::SendRequest<SentBody>),
    Http2(http2::SendRequest<SentBody>),
}

impl Connections {
    pub(super) fn new(
        scheme: Scheme,
        authority: Authority,
        versions: Versions,
        connector: Connector,
        options: UpstreamOptions,
    ) -> Self {
        Self(Arc::new(Shared {
            scheme,
            authority,
            versions,
            connector,
            options,
            pooled: Mutex::default(),
            http2: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
        }))
    }

    pub(super) fn options(&self) -> &UpstreamOptions {
        &self.0.options
    }

    /// Whether the server has only a version of HTTP that knows no upgrades.
    pub(super) fn is_without_upgrades(&self) -> bool {
        self.0.versions == Versions::Http2
    }

    /// Sends a request and receives the head of its response. An upgrade is over when the connection is
    /// not used any more.
    ///
    /// A connection may end at the moment in which it is used again. Then a request is sent once more
    /// over a new one, if the server cannot have seen it, or if that does no harm: if its method is safe
    /// and it has no body.
    pub(super) async fn send(
        &self,
        request: Request<SentBody>,
        sending: &Sending,
        is_upgrade: bool,
    ) -> Result<Response<Incoming>, Error> {
        let (sender, is_reused) = self.sender(is_upgrade).await?;
        let copy = is_reused.then(|| copy(&request)).flatten();
        let mut error = match self.send_over(sender, request, sending, !is_upgrade).await? {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        let again = match error.take_message() {
            Some(unsent) if is_reused => Some(unsent),
            _ => copy.filter(|_| !error.error().is_parse()),
        };
        let Some(request) = again else { return Err(self.http(error.error(), sending)) };
        let sender = self.connect(is_upgrade).await?;
        let response = self.send_over(sender, request, sending, !is_upgrade).await?;
        response.map_err(|error| self.http(error.error(), sending))
    }

    async fn send_over(
        &self,
        sender: Sender,
        mut request: Request<SentBody>,
        sending: &Sending,
        is_kept: bool,
    ) -> Result<
        Result<Response<Incoming>, hyper::client::conn::TrySendError<Request<SentBody>>>,
        Error,
    > {
        let timeout = self.0.options.response_timeout;
        sending.begin();
        let sent = async {
            match sender {
                Sender::Http1(mut sender) => {
                    for_http1(&mut request, &self.0.authority);
                    let result = sender.try_send_request(request).await;
                    if result.is_ok() && is_kept {
                        lock(&self.0.pooled).push((sender, Instant::now()));
                    }
                    Ok(result)
                }
                Sender::Http2(mut sender) => {
                    for_http2(&mut request, &self.0.scheme, &self.0.authority).map_err(|_| {
                        Error::Client {
                            status: StatusCode::BAD_REQUEST,
                            reason: "its host is not valid".to_owned(),
                        }
                    })?;
                    Ok(sender.try_send_request(request).await)
                }
            }
        };
        tokio::select! {
            sent = sent => sent,
            () = sending.timed_out(timeout) => {
                Err(Error::ResponseTimeout { server: self.to_string(), timeout })
            }
        }
    }

    /// A connection for a request, and whether it was used before.
    async fn sender(&self, is_upgrade: bool) -> Result<(Sender, bool), Error> {
        if is_upgrade {
            return Ok((self.connect(true).await?, false));
        }
        if let Some(sender) = self.pooled() {
            return Ok((sender, true));
        }
        if self.0.versions == Versions::Http1 {
            return Ok((self.connect(false).await?, false));
        }
        let _connecting = self.0.connecting.lock().await;
        // Somebody else may have opened one meanwhile.
        match self.pooled() {
            Some(sender) => Ok((sender, true)),
            None => Ok((self.connect(false).await?, false)),
        }
    }

    fn pooled(&self) -> Option<Sender> {
        if let Some(sender) = &*lock(&self.0.http2)
            && !sender.is_closed()
        {
            return Some(Sender::Http2(sender.clone()));
        }
        let mut pooled = lock(&self.0.pooled);
        pooled.retain(|(sender, since)| !sender.is_closed() && since.elapsed() < MAX_IDLE);
        let ready = pooled.iter().rposition(|(sender, _)| sender.is_ready())?;
        Some(Sender::Http1(pooled.swap_remove(ready).0))
    }

    async fn connect(&self, only_http1: bool) -> Result<Sender, Error> {
        let timeout = self.0.options.connect_timeout;
        match tokio::time::timeout(timeout, self.open(only_http1)).await {
            Ok(Ok(sender)) => Ok(sender),
            Ok(Err(error)) => {
                let reason = root(&*error);
                Err(Error::Connect { server: self.to_string(), reason })
            }
            Err(_) => Err(Error::ConnectTimeout { server: self.to_string(), timeout }),
        }
    }

    async fn open(&self, only_http1: bool) -> Result<Sender, BoxError> {
        let Shared { scheme, authority, connector, versions, options, .. } = &*self.0;
        let builder = Uri::builder().scheme(scheme.clone()).authority(authority.clone());
        let stream = connector.connect(builder.path_and_query("/").build()?, only_http1).await?;
        let is_http2 = match versions {
            Versions::Http1 => false,
            Versions::Http2 => true,
            Versions::Negotiated => stream.connected().is_negotiated_h2(),
        };
        let stream = UpstreamStream::new(stream, options.response_timeout);
        let limits = &options.headers;
        if is_http2 {
            let (sender, connection) = http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .keep_alive_interval(PING)
                .keep_alive_timeout(PING)
                .max_header_list_size(limits.http2_list())
                .handshake(stream)
                .await?;
            tokio::spawn(async move { drop(connection.await) });
            *lock(&self.0.http2) = Some(sender.clone());
            return Ok(Sender::Http2(sender));
        }
        let (sender, connection) = http1::Builder::new()
            .max_headers(limits.count)
            .max_buf_size(limits.http1_buffer())
            .handshake(stream)
            .await?;
        // Ends when its sender is dropped, or when the server closes it.
        tokio::spawn(async move { drop(connection.with_upgrades().await) });
        Ok(Sender::Http1(sender))
    }

    fn http(&self, error: &hyper::Error, sending: &Sending) -> Error {
        let server = self.to_string();
        if let Some((status, reason)) = sending.fault() {
            return Error::Client { status: *status, reason: reason.clone() };
        }
        if error.is_parse_too_large() {
            return Error::TooLarge { server, limits: self.0.options.headers.to_string() };
        }
        Error::Http { server, reason: chain(error) }
    }
}

impl fmt::Display for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.authority.fmt(f)
    }
}

/// A request that may be sent twice.
fn copy(request: &Request<SentBody>) -> Option<Request<SentBody>> {
    let is_safe =
        matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    if !is_safe || !request.body().is_end_stream() {
        return None;
    }
    let mut copy = Request::new(SentBody::empty());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}

/// The first cause of an error, which says the most.
fn root(error: &(dyn std::error::Error + 'static)) -> String {
    let mut root = error;
    while let Some(cause) = root.source() {
        root = cause;
    }
    root.to_string()
}

/// An error and its causes.
fn chain(error: &hyper::Error) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

/// Locks something that is consistent at every moment, so that a poisoned lock can be used.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
