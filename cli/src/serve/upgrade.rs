//! Upgrades, such as WebSocket: a request that asks for one passes the guests like any other; when the
//! upstream agrees, bytes go both ways past them.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use http::header::{CONNECTION, UPGRADE};
use http::{HeaderValue, Request, Version};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::messages::has_token;

/// What a client wants to switch to; an extension of its request, because guests and the layer see to
/// the headers of the message, and these belong to the connection.
#[derive(Clone, Debug)]
pub(super) struct Upgrade {
    protocol: HeaderValue,
    upstream: Arc<Mutex<Option<OnUpgrade>>>,
}

impl Upgrade {
    /// What a request asks for, if it does, and the client's half of the tunnel.
    pub(super) fn take<B>(request: &mut Request<B>) -> Option<(Self, OnUpgrade)> {
        let headers = request.headers();
        if request.version() != Version::HTTP_11 || !has_token(headers, &CONNECTION, "upgrade") {
            return None;
        }
        let protocol = headers.get(UPGRADE)?.clone();
        let client = hyper::upgrade::on(request);
        Some((Self { protocol, upstream: Arc::default() }, client))
    }

    /// The value of the header `upgrade`.
    pub(super) const fn protocol(&self) -> &HeaderValue {
        &self.protocol
    }

    /// Notes that the upstream has agreed.
    pub(super) fn agree(&self, upstream: OnUpgrade) {
        *self.upstream.lock().unwrap_or_else(PoisonError::into_inner) = Some(upstream);
    }

    /// The protocol and the upstream's half of the tunnel, if it has agreed.
    pub(super) fn into_switched(self) -> Option<(HeaderValue, OnUpgrade)> {
        let upstream = self.upstream.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some((self.protocol, upstream))
    }
}

/// Moves bytes both ways until both ends are closed, or one breaks.
pub(super) async fn tunnel(client: OnUpgrade, upstream: OnUpgrade) -> io::Result<()> {
    let (client, upstream) = tokio::try_join!(client, upstream).map_err(io::Error::other)?;
    let (mut client, mut upstream) = (TokioIo::new(client), TokioIo::new(upstream));
    tokio::io::copy_bidirectional(&mut client, &mut upstream).await.map(drop)
}
