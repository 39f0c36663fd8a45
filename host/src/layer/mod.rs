//! A guest as a [`tower_layer::Layer`]: around any service of HTTP requests and responses.
//!
//! For each request the layer pins an instance of a [`Pool`], runs `handle_request` on the model,
//! calls the inner service, runs `handle_response`, and gives the instance back before the
//! response's head leaves. [`Event`]s tell what a guest logged and what went wrong; the client is
//! told nothing of it.
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
//! A guest runs on the threads of the async runtime, and does not block them: while it waits for a
//! body, and each [`TICK`](crate::engine::TICK) while it computes, others have their turn. That needs
//! a time limit in the engine's [`Options`](crate::engine::Options); without one, a guest that
//! computes keeps its thread. Guests that can do neither for long are called directly, which takes
//! less time; of those that besides have an empty response hook, each thread keeps an instance at
//! hand.
//!
//! A request goes through many small functions of several crates. A server that has to be fast should be
//! built with `lto = "fat"` and `codegen-units = 1`.
//!
//! # When the request is given up
//!
//! When the future is dropped, because the client went away, or the inner service panics, the response
//! hook that is owed is called all the same, with an error. A hook that runs while the future is
//! dropped ends there, and its instance is thrown away.
//!
//! # What the client gets when something is wrong
//!
//! | what | status |
//! | --- | ---: |
//! | the guest trapped in its request hook, or cannot be started | 500 |
//! | it trapped in its response hook | none: the service fails, and the connection breaks |
//! | the request has more headers than the limits say | 431 |
//! | the request's body is longer than is held of it, where it has to be held | 413 |
//! | the request's body breaks off while the guest reads it | 400 |
//! | nothing comes of it for longer than the layer's patience | 408 |
//! | the response's body has one of these three faults | 502 |
//! | the inner service fails | what the guest makes of it; a plain 502 unless it sets a status |
//! | no instance is free, and none becomes so in time | 503 |

mod admission;
mod body;
mod convert;
mod event;
mod future;
mod job;
mod lane;
mod limits;
mod metrics;
mod play;
mod quick;
mod service;
mod streams;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use http_wasm_abi::Function;
use tower_layer::Layer;

use crate::engine::{Module, Pool};
use http_wasm_model::exchange::LogEntry;

pub use admission::Capacity;
pub use body::{Body, BoxError};
pub use event::{BodyFault, Error, Event};
pub use future::ResponseFuture;
pub use metrics::Metrics;
pub use service::GuestService;

use admission::{Admission, LogRate};
use convert::Unseen;
use lane::Lanes;
use metrics::Counters;

/// The client's address, as an extension of a request: what `get_source_addr` reads. Without it
/// that reads an empty text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddr(pub SocketAddr);

type Observer = dyn Fn(Event<'_>) + Send + Sync;

/// What all requests through a layer share.
struct Shared {
    served: RwLock<Arc<Served>>,
    /// That of what is served, where the guest goes in lanes; otherwise 0.
    lane_generation: AtomicU64,
    lanes: Lanes,
    admission: Arc<Admission>,
    patience: Duration,
    observer: Option<Box<Observer>>,
    log_rate: Mutex<LogRate>,
    counters: Counters,
}

/// The guest that serves requests now.
struct Served {
    pool: Arc<Pool>,
    /// Of what has served here in turn, counted from 1.
    generation: u64,
    unseen: Unseen,
    /// The same in a lane, for as long as it stays there: of the model, too, nothing asks there for the
    /// line of a request whose length a host does not fix.
    unseen_in_lane: Unseen,
    /// It does not look at the request after the next handler.
    forgets_request: bool,
    /// It may write headers, and so those that say where a message ends.
    writes_headers: bool,
    /// It may write the request line.
    writes_line: bool,
}

impl Served {
    fn new(pool: Arc<Pool>, generation: u64) -> Self {
        let module = pool.module();
        let none = |functions: &[Function]| {
            !functions.iter().any(|&function| Module::imports(module, function))
        };
        let unseen = Unseen {
            line: false,
            headers: none(&[Function::GetHeaderNames, Function::GetHeaderValues]),
            version: none(&[Function::GetProtocolVersion]),
            source_addr: none(&[Function::GetSourceAddr]),
        };
        let line = [Function::GetMethod, Function::SetMethod, Function::GetUri, Function::SetUri];
        let fixes_length = pool.settings().profile.rules().request_length_is_fixed;
        Self {
            unseen,
            unseen_in_lane: Unseen { line: none(&line) && !fixes_length, ..unseen },
            forgets_request: none(&[
                Function::GetMethod,
                Function::GetUri,
                Function::GetProtocolVersion,
                Function::GetSourceAddr,
                Function::GetHeaderNames,
                Function::GetHeaderValues,
            ]),
            writes_headers: !none(&[
                Function::SetHeaderValue,
                Function::AddHeaderValue,
                Function::RemoveHeader,
            ]),
            writes_line: !none(&[Function::SetMethod, Function::SetUri]),
            pool,
            generation,
        }
    }
}

impl Served {
    /// Whether requests are usually over for the guest when its request hook ends, which neither waits
    /// nor runs for long.
    fn goes_in_lanes(&self) -> bool {
        let module = self.pool.module();
        module.is_direct() && module.has_idle_response_hook() && self.pool.keeps_all()
    }
}

/// How a layer is set up.
pub struct Builder {
    pool: Arc<Pool>,
    capacity: Capacity,
    patience: Duration,
    log_rate: u32,
    observer: Option<Box<Observer>>,
}

impl Builder {
    /// Sets how many instances work at once, and how many requests wait for one.
    #[must_use]
    pub const fn capacity(mut self, capacity: Capacity) -> Self {
        self.capacity = capacity;
        self
    }

    /// Sets how long a guest waits for the next piece of a body. 30 seconds unless set.
    #[must_use]
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sets how many messages of the guest are passed on in a second; further ones are counted.
    /// 1,000 unless set.
    #[must_use]
    pub const fn log_rate(mut self, most: u32) -> Self {
        self.log_rate = most;
        self
    }

    /// Sets who is told of logs and faults. It is called between the steps of a request, so it
    /// should be quick.
    #[must_use]
    pub fn observe(mut self, observer: impl Fn(Event<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// The layer.
    #[must_use]
    pub fn build(self) -> GuestLayer {
        let served = Served::new(self.pool, 1);
        let shared = Shared {
            lane_generation: AtomicU64::new(0),
            lanes: Lanes::new(self.capacity.instances),
            admission: Arc::new(Admission::new(self.capacity)),
            patience: self.patience,
            observer: self.observer,
            log_rate: Mutex::new(LogRate::new(self.log_rate)),
            counters: Counters::default(),
            served: RwLock::new(Arc::new(served)),
        };
        shared.open_lanes(&shared.served());
        GuestLayer { shared: Arc::new(shared) }
    }
}

/// Puts a guest around services. Clones share everything.
#[derive(Clone)]
pub struct GuestLayer {
    shared: Arc<Shared>,
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

    /// The same, with what can be set.
    #[must_use]
    pub fn builder(pool: Arc<Pool>) -> Builder {
        Builder {
            pool,
            capacity: Capacity::default(),
            patience: Duration::from_secs(30),
            log_rate: 1_000,
            observer: None,
        }
    }

    /// Puts another pool in the place of the one that serves requests. Requests in flight end with
    /// the guest that they began with.
    pub fn replace(&self, pool: Arc<Pool>) {
        let shared = &self.shared;
        let mut served = shared.served.write().unwrap_or_else(PoisonError::into_inner);
        *served = Arc::new(Served::new(pool, served.generation + 1));
        shared.open_lanes(&served);
        drop(served);
        shared.lanes.clear();
    }

    /// The pool that serves requests now.
    #[must_use]
    pub fn pool(&self) -> Arc<Pool> {
        Arc::clone(&self.shared.served().pool)
    }

    /// What it has done so far.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let pool = self.pool();
        let (instances, memory) = (pool.instances(), pool.memory());
        let counters = self.shared.lanes.counters().chain([&self.shared.counters]);
        Metrics { instances, memory, ..Counters::read(counters) }
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
        GuestService { shared: Arc::clone(&self.shared), inner }
    }
}

impl Shared {
    fn served(&self) -> Arc<Served> {
        Arc::clone(&self.served.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lets the guest that is served now go in lanes, if it is one of those.
    fn open_lanes(&self, served: &Served) {
        let opens = served.goes_in_lanes();
        self.admission.reserve(if opens { self.lanes.len() } else { 0 });
        self.lane_generation.store(if opens { served.generation } else { 0 }, Ordering::SeqCst);
    }

    fn tell(&self, event: Event<'_>) {
        if let Some(observer) = &self.observer {
            observer(event);
        }
    }

    /// Passes on what a guest has logged, at no more than the rate that is allowed.
    fn tell_logs(&self, logs: &[LogEntry]) {
        if logs.is_empty() {
            return;
        }
        let mut dropped = 0;
        for entry in logs {
            let admits = self.log_rate.lock().unwrap_or_else(PoisonError::into_inner).admits();
            if admits {
                self.tell(Event::Log(entry));
            } else {
                dropped += 1;
            }
        }
        if dropped > 0 {
            self.counters.dropped_logs.fetch_add(dropped, Ordering::Relaxed);
            self.tell(Event::LogsDropped(dropped));
        }
    }
}
