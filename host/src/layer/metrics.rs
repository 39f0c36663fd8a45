//! Counters of a layer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http_wasm_model::exchange::TrapKind;

/// One of so many exchanges is timed, because reading the clock costs as much as a small guest.
const SAMPLE_EVERY: u64 = 64;

/// What a layer has done since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// Requests that came.
    pub exchanges: u64,
    /// Calls of request hooks.
    pub request_hooks: u64,
    /// Calls of response hooks.
    pub response_hooks: u64,
    /// Requests that the guest answered itself.
    pub stopped: u64,
    /// Instances that could not be started.
    pub failed_starts: u64,
    /// Traps of each kind that occurred, in the order of [`TrapKind::ALL`].
    pub traps: Vec<(TrapKind, u64)>,
    /// Requests that were refused because they have no clear meaning, with 400.
    pub refused_malformed: u64,
    /// Requests that were refused for the size of their headers, with 431.
    pub refused_headers: u64,
    /// Requests that were refused with 503: every instance was in use, or as many waited for bodies as may.
    pub refused_busy: u64,
    /// Bodies that were longer than what is held of them, answered with 413 or 502.
    pub bodies_too_large: u64,
    /// Bodies that broke off, answered with 400 or 502.
    pub bodies_broken: u64,
    /// Bodies that did not come in time, answered with 408 or 502.
    pub bodies_slow: u64,
    /// Failures of the inner service, panics among them.
    pub next_failures: u64,
    /// Requests that were cancelled while the inner service worked on them, whose response hook was
    /// then called with an error.
    pub cancelled: u64,
    /// Messages of guests that were not passed on, because there were too many in a second.
    pub dropped_logs: u64,
    /// Exchanges that were timed, one of every 64.
    pub timed: u64,
    /// What the hooks of the timed exchanges took, host functions and waiting for bodies among it.
    pub guest_time: Duration,
    /// What the layer itself took for the timed exchanges.
    pub host_time: Duration,
    /// Instances that exist now.
    pub instances: usize,
    /// Bytes of their memory.
    pub memory: u64,
}

macro_rules! counters {
    ($($name:ident),+ $(,)?) => {
        /// The counters of the threads that share a slot.
        #[derive(Debug, Default)]
        pub(super) struct Counters {
            $(pub(super) $name: AtomicU64,)+
            traps: [AtomicU64; TrapKind::ALL.len()],
            guest_nanos: AtomicU64,
            host_nanos: AtomicU64,
        }

        impl Counters {
            /// What was counted in several places, without what has to be asked of others.
            pub(super) fn read<'a>(all: impl Iterator<Item = &'a Self>) -> Metrics {
                let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
                let mut metrics = Metrics::default();
                let mut traps = [0; TrapKind::ALL.len()];
                for counters in all {
                    $(metrics.$name += load(&counters.$name);)+
                    for (sum, count) in traps.iter_mut().zip(&counters.traps) {
                        *sum += load(count);
                    }
                    metrics.guest_time += Duration::from_nanos(load(&counters.guest_nanos));
                    metrics.host_time += Duration::from_nanos(load(&counters.host_nanos));
                }
                let traps = TrapKind::ALL.into_iter().zip(traps);
                metrics.traps = traps.filter(|&(_, count)| count > 0).collect();
                metrics
            }
        }
    };
}

counters!(
    exchanges,
    request_hooks,
    response_hooks,
    stopped,
    failed_starts,
    refused_malformed,
    refused_headers,
    refused_busy,
    bodies_too_large,
    bodies_broken,
    bodies_slow,
    next_failures,
    cancelled,
    dropped_logs,
    timed,
);

/// Counts one more.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Counters {
    pub(super) fn trap(&self, kind: TrapKind) {
        let place = TrapKind::ALL.iter().position(|&known| known == kind);
        if let Some(counter) = place.and_then(|place| self.traps.get(place)) {
            count(counter);
        }
    }

    /// Begins to time the exchange that is now counted, if it is one that is timed.
    pub(super) fn begin(&self) -> Timer {
        Timer::new(self.exchanges.fetch_add(1, Ordering::Relaxed))
    }

    #[inline]
    pub(super) fn end(&self, timer: &mut Timer) {
        timer.host_until_now();
        if timer.last.take().is_some() {
            count(&self.timed);
            let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
            self.guest_nanos.fetch_add(nanos(timer.guest), Ordering::Relaxed);
            self.host_nanos.fetch_add(nanos(timer.host), Ordering::Relaxed);
        }
    }
}

/// Where the time of an exchange goes.
#[derive(Debug, Default)]
pub(super) struct Timer {
    /// Until when it is accounted for; `None`: it is not timed.
    last: Option<Instant>,
    guest: Duration,
    host: Duration,
}

impl Timer {
    /// Begins to time the exchange of this number, if it is one that is timed.
    fn new(number: u64) -> Self {
        Self {
            last: number.is_multiple_of(SAMPLE_EVERY).then(Instant::now),
            guest: Duration::ZERO,
            host: Duration::ZERO,
        }
    }

    /// Since the last time, the layer worked.
    #[inline]
    pub(super) fn host_until_now(&mut self) {
        if let Some(time) = self.lap() {
            self.host += time;
        }
    }

    /// Since the last time, a hook ran.
    #[inline]
    pub(super) fn guest_until_now(&mut self) {
        if let Some(time) = self.lap() {
            self.guest += time;
        }
    }

    /// Since the last time, others worked.
    pub(super) fn others_until_now(&mut self) {
        self.lap();
    }

    fn lap(&mut self) -> Option<Duration> {
        let last = self.last.as_mut()?;
        let now = Instant::now();
        let time = now - *last;
        *last = now;
        Some(time)
    }
}
