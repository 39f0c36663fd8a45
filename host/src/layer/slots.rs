//! Instances at hand for each thread.
//!
//! A thread that is done with an instance keeps it, and the right to use it, in a slot of its own, where
//! the next request on this thread finds it. So that requests on different processors share nothing:
//! the pool, the admission and the counters of a layer are touched when a slot is empty.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering, fence};

use http::Response;
use http_wasm_abi::LogLevel;
use http_wasm_model::exchange::{Exchange, InstanceSettings};
use try_lock::TryLock;

use super::admission::Permit;
use super::body::Body;
use super::metrics::{Counters, Timer};
use super::streams::Streams;
use super::{ActiveGuest, Shared};
use crate::engine::{Instance, InstanceGuard, Pool};

/// The slots of a layer, a few more than processors.
pub(super) struct Slots(Box<[Slot]>);

/// On cache lines of its own, since only its threads write to it.
#[derive(Default)]
#[repr(align(128))]
struct Slot {
    lease: TryLock<Option<Lease>>,
    counters: Counters,
}

/// An instance for one request at a time, the right to use it, and what it belongs to.
///
/// It has its own references to what it belongs to, so that requests do not count references that
/// processors share.
pub(super) struct Lease(Box<Leased>);

struct Leased {
    shared: Arc<SharedRef>,
    guest: Arc<ActiveGuest>,
    guard: InstanceGuard<Arc<Pool>>,
    /// For its exchanges. Where nobody observes the layer, `log_enabled` says no.
    settings: Arc<InstanceSettings>,
    _permit: Permit,
    progress: Progress,
}

/// A reference to what a layer shares. Each lease has its own, and what a request needs after it has given
/// the instance back is counted there.
pub(super) struct SharedRef(Arc<Shared>);

impl std::ops::Deref for SharedRef {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// Where the exchange is that the instance works on. It is here, behind a pointer, because what is moved
/// from step to step should be small.
#[derive(Default)]
pub(super) struct Progress {
    /// The request hook has said to forward with this ctx, and the response hook was not called.
    pub(super) pending: Option<u32>,
    pub(super) timer: Timer,
    pub(super) is_head: bool,
    /// There is a body of the request.
    pub(super) arrives: bool,
    /// The bodies, for a guest that may wait for them. Kept from one exchange to the next.
    pub(super) streams: Option<Box<Streams>>,
    /// What the inner service answered; the model has its headers.
    pub(super) response: Option<Response<Body>>,
    /// The inner service panicked instead.
    pub(super) panic: Option<Box<dyn Any + Send>>,
}

impl Slots {
    pub(super) fn new() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        // Threads are not numbered by the processor that they are on. A power of two, so that a slot is
        // found without a division.
        let count = (2 * threads).next_power_of_two();
        Self((0..count).map(|_| Slot::default()).collect())
    }

    /// The counters of this thread.
    #[inline]
    pub(super) fn counters(&self) -> &Counters {
        &self.own().counters
    }

    /// The counters of all threads.
    pub(super) fn all_counters(&self) -> impl Iterator<Item = &Counters> {
        self.0.iter().map(|slot| &slot.counters)
    }

    /// Takes the instance of this thread, if it has one of the guest of this generation.
    #[inline]
    pub(super) fn take(&self, generation: u64) -> Option<Lease> {
        self.own().take().filter(|lease| lease.0.guest.generation == generation)
    }

    /// Takes an idle instance of any thread.
    pub(super) fn steal(&self, generation: u64) -> Option<Lease> {
        self.0
            .iter()
            .find_map(|slot| slot.take().filter(|lease| lease.0.guest.generation == generation))
    }

    /// Gives back the instances that are idle here, to the pools that they are from.
    pub(super) fn clear(&self) {
        for slot in &self.0 {
            drop(slot.take());
        }
    }

    /// How many instances are idle here.
    #[cfg(test)]
    pub(super) fn idle_instances(&self) -> usize {
        let is_full = |slot: &&Slot| slot.lease.try_lock().is_some_and(|lease| lease.is_some());
        self.0.iter().filter(is_full).count()
    }

    #[inline]
    fn own(&self) -> &Slot {
        // As many as a power of two.
        &self.0[number() & (self.0.len() - 1)]
    }
}

impl Slot {
    #[inline]
    fn take(&self) -> Option<Lease> {
        self.lease.try_lock().and_then(|mut lease| lease.take())
    }
}

impl Lease {
    pub(super) fn new(
        shared: &Arc<Shared>,
        guest: Arc<ActiveGuest>,
        mut guard: InstanceGuard<Arc<Pool>>,
        permit: Permit,
    ) -> Self {
        shared.emit_logs(&guard.take_start_logs());
        let shared = Arc::new(SharedRef(Arc::clone(shared)));
        let progress = Progress::default();
        let mut settings = Arc::clone(guard.instance().1);
        if !shared.has_observer() {
            Arc::make_mut(&mut settings).settings.log_threshold = LogLevel::None;
        }
        Self(Box::new(Leased { shared, guest, guard, settings, _permit: permit, progress }))
    }

    #[inline]
    pub(super) fn shared(&self) -> &Arc<SharedRef> {
        &self.0.shared
    }

    #[inline]
    pub(super) fn guest(&self) -> &ActiveGuest {
        &self.0.guest
    }

    #[inline]
    pub(super) fn instance(&mut self) -> &mut Instance {
        self.0.guard.instance().0
    }

    /// The exchange that the instance works on, and the settings for it.
    #[inline]
    pub(super) fn exchange(&mut self) -> (&mut Exchange, &Arc<InstanceSettings>) {
        let Leased { guard, settings, .. } = &mut *self.0;
        (guard.instance().0.exchange_mut(), settings)
    }

    #[inline]
    pub(super) fn progress(&mut self) -> &mut Progress {
        &mut self.0.progress
    }

    /// Drops the instance, whose memory is in an unspecified state.
    pub(super) fn discard(self) {
        self.0.guard.discard();
    }

    /// Gives the instance back: to the slot of this thread, unless another request waits for one.
    #[inline]
    pub(super) fn release(mut self) {
        if !self.0.guest.keeps_instances || !self.0.guard.is_reusable() {
            return;
        }
        if let Some(streams) = &mut self.0.progress.streams {
            // What is left of the bodies is not kept.
            streams.begin(Body::empty());
        }
        let shared = Arc::clone(&self.0.shared);
        let generation = self.0.guest.generation;
        let slot = shared.slots.own();
        if let Some(mut kept) = slot.lease.try_lock()
            && kept.is_none()
        {
            *kept = Some(self);
        }
        // Who replaces the guest, closes the layer or waits may have looked here too early. That is seen
        // here, as the slot is unlocked before this looks.
        fence(Ordering::SeqCst);
        if shared.admission.has_waiting() || !shared.serves(generation) {
            drop(slot.take());
        }
    }
}

/// The number of this thread, among those that have asked.
fn number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|number| *number)
}
