//! The chain of services that a request goes through: guests, and the upstream at the end.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_wasm_host::layer::{self, Body, GuestLayer, GuestService};
use tower_layer::Layer as _;
use tower_service::Service;

use super::upstream::Upstream;

/// A link of the chain: a guest around the rest of it, or the upstream at its end.
#[derive(Clone)]
pub(super) enum Link {
    Upstream(Upstream),
    Guest(Box<GuestService<Link>>),
}

impl Link {
    /// A chain of which the first guest is the outermost.
    pub(super) fn new(guests: &[GuestLayer], upstream: Upstream) -> Self {
        guests.iter().rev().fold(Self::Upstream(upstream), |inner, guest| {
            Self::Guest(Box::new(guest.layer(inner)))
        })
    }
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
