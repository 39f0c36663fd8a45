//! What a connection of a client and its requests share.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::upgrade::OnUpgrade;
use tokio::time::Instant;

use super::stream::Ending;

/// What the requests of a connection share.
#[derive(Debug)]
pub(super) struct State {
    pub(super) ending: Arc<Ending>,
    in_flight: AtomicUsize,
    idle_since: Mutex<Instant>,
    tunnel: Mutex<Option<(OnUpgrade, OnUpgrade)>>,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            ending: Arc::default(),
            in_flight: AtomicUsize::new(0),
            idle_since: Mutex::new(Instant::now()),
            tunnel: Mutex::default(),
        }
    }

    /// Notes that the connection becomes a tunnel between these two.
    pub(super) fn set_tunnel(&self, client: OnUpgrade, upstream: OnUpgrade) {
        *self.tunnel.lock().unwrap_or_else(PoisonError::into_inner) = Some((client, upstream));
    }

    /// The two ends, if the connection has become a tunnel.
    pub(super) fn take_tunnel(&self) -> Option<(OnUpgrade, OnUpgrade)> {
        self.tunnel.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Waits until no request has been in flight for this long.
    pub(super) async fn idle_for(&self, timeout: Duration) {
        loop {
            let end = match self.in_flight.load(Ordering::Acquire) {
                0 => *self.idle_since.lock().unwrap_or_else(PoisonError::into_inner) + timeout,
                _ => Instant::now() + timeout,
            };
            if end <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(end).await;
        }
    }
}

/// A request in flight, until this is dropped.
#[derive(Debug)]
pub(super) struct InFlight(Arc<State>);

impl InFlight {
    pub(super) fn new(state: &Arc<State>) -> Self {
        state.in_flight.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(state))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        *self.0.idle_since.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.0.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}
