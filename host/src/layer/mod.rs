//! A guest as a [`tower_layer::Layer`]: around any service of HTTP requests and responses.
//!
//! For each request the layer takes an instance of a [`Pool`], runs `handle_request` on the model,
//! calls the inner service, runs `handle_response`, and gives the instance back before the
//! response's head leaves. [`Event`]s say what a guest logged and what went wrong; the client does
//! not learn of it.
//!
//! # Bodies
//!
//! Bodies stream. One that a guest does not look at passes it by. One that it reads comes to it in
//! the pieces in which it arrives, and the next piece is asked for only when it is wanted, so a slow
//! guest slows its peer down. In memory is held what has to be there later: what the guest has
//! written, what it has read of a buffered body, and all of a body whose trailers it looks at; up to
//! the [`Limits`](http_wasm_model::exchange::Limits) of the pool's settings.
//!
//! # Threads
//!
//! A guest runs on the threads of the async runtime. One that may wait for a body, and one that has not
//! shown yet that it is quick, is called on a fiber: while it waits, and at each
//! [`TICK`](crate::engine::TICK) while it computes, others have their turn. All others are called
//! directly, which costs less: a guest without loops always, and one with loops once 64 of its hooks
//! have ended within a tick. If a hook then runs for longer, it keeps its thread until it ends, at the
//! latest at the time limit of the engine's [`Options`](crate::engine::Options), and the next hooks are
//! called on fibers again, 64 times as many as before.
//!
//! Each thread keeps the instance that it used last at hand, so that requests on different processors
//! share nothing.
//!
//! A request goes through many small functions of several crates. A server that has to be fast should be
//! built with `lto = "fat"` and `codegen-units = 1`.
//!
//! # Cancelled requests
//!
//! When the future is dropped, because the client went away, or the inner service panics, the response
//! hook that is pending is called all the same, with an error. A hook that runs while the future is
//! dropped ends there, and its instance is dropped.
//!
//! # What the client gets when something is wrong
//!
//! | what | status |
//! | --- | ---: |
//! | the guest trapped in its request hook, or cannot be started | 500 |
//! | it trapped in its response hook | none: the service fails, and the connection breaks |
//! | the request has no clear meaning; see [`receive`] | 400 |
//! | the request has more headers than the limits say | 431 |
//! | the request's body is longer than is held of it, where it has to be held | 413 |
//! | the request's body breaks off while the guest reads it | 400 |
//! | nothing comes of it for longer than the layer's body read timeout | 408 |
//! | the response's body has one of these three faults | 502 |
//! | the inner service fails | what the guest makes of it; a plain 502 unless it sets a status |
//! | no instance is free, and none becomes so in time | 503 |

mod admission;
mod answer;
mod body;
mod convert;
mod event;
mod exchange;
mod faults;
mod future;
mod limits;
mod metrics;
mod receive;
mod respond;
mod service;
mod shared;
mod slots;
mod streams;
mod task;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tower_layer::Layer;

use crate::engine::Pool;

pub use admission::Capacity;
pub use body::{Body, BoxError};
pub use event::{BodyFault, Error, Event};
pub use future::ResponseFuture;
pub use metrics::Metrics;
pub use receive::{Malformed, receive};
pub use service::GuestService;

use admission::Admission;
use limits::LogRate;
use metrics::Counters;
use shared::{ActiveGuest, Handle, Observer, Shared, catch};

/// The client's address, as an extension of a request: what `get_source_addr` reads. Without it
/// that reads an empty text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddr(pub SocketAddr);

/// How a layer is set up.
pub struct Builder {
    pool: Arc<Pool>,
    capacity: Capacity,
    body_read_timeout: Duration,
    log_rate: u32,
    observer: Option<Box<Observer>>,
}

impl Builder {
    /// Sets how many instances are used at once, and how many requests wait for one.
    #[must_use]
    pub const fn capacity(mut self, capacity: Capacity) -> Self {
        self.capacity = capacity;
        self
    }

    /// Sets how long a guest waits for the next piece of a body. 30 seconds unless set.
    #[must_use]
    pub const fn body_read_timeout(mut self, timeout: Duration) -> Self {
        self.body_read_timeout = timeout;
        self
    }

    /// Sets how many messages of the guest are passed on in a second; further ones are counted.
    /// 1,000 unless set.
    #[must_use]
    pub const fn log_rate(mut self, most: u32) -> Self {
        self.log_rate = most;
        self
    }

    /// Sets what receives logs and faults. It is called between the steps of a request, so it
    /// should be quick. Without it, guests log nothing: `log_enabled` says no.
    #[must_use]
    pub fn observe(mut self, observer: impl Fn(Event<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Builds the layer.
    #[must_use]
    pub fn build(self) -> GuestLayer {
        let Self { pool, capacity, body_read_timeout, log_rate, observer } = self;
        let (admission, log_rate) = (Admission::new(capacity), LogRate::new(log_rate));
        let shared = Shared::new(pool, admission, body_read_timeout, observer, log_rate);
        GuestLayer { handle: Arc::new(Handle { shared: Arc::new(shared) }) }
    }
}

/// Puts a guest around services. Clones share everything.
#[derive(Clone)]
pub struct GuestLayer {
    handle: Arc<Handle>,
}

impl GuestLayer {
    /// A layer that runs the instances of `pool`, with defaults.
    ///
    /// Where the pool's settings record host calls
    /// ([`Settings::record_calls`](http_wasm_model::exchange::Settings)), each is an [`Event::Call`], which
    /// takes time; unset it where nobody wants to know.
    #[must_use]
    pub fn new(pool: Arc<Pool>) -> Self {
        Self::builder(pool).build()
    }

    /// A builder of a layer that runs the instances of `pool`.
    #[must_use]
    pub fn builder(pool: Arc<Pool>) -> Builder {
        Builder {
            pool,
            capacity: Capacity::default(),
            body_read_timeout: Duration::from_secs(30),
            log_rate: 1_000,
            observer: None,
        }
    }

    /// Puts another pool in the place of the one that serves requests. Requests in flight end with
    /// the guest that they began with.
    pub fn replace(&self, pool: Arc<Pool>) {
        self.handle.shared.replace(pool);
    }

    /// The pool that serves requests now.
    #[must_use]
    pub fn pool(&self) -> Arc<Pool> {
        Arc::clone(&self.handle.shared.active().pool)
    }

    /// What it has done so far.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let pool = self.pool();
        let (instances, memory) = (pool.instances(), pool.memory());
        Metrics { instances, memory, ..Counters::read(self.handle.shared.slots.all_counters()) }
    }
}

impl fmt::Debug for GuestLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuestLayer").field("metrics", &self.metrics()).finish_non_exhaustive()
    }
}

impl<S> Layer<S> for GuestLayer {
    type Service = GuestService<S>;

    fn layer(&self, inner: S) -> GuestService<S> {
        GuestService { handle: Arc::clone(&self.handle), inner }
    }
}
