//! Instances that stay at hand for the threads that use them.
//!
//! A guest that neither waits nor runs for long, and is done with a request when its request hook
//! ends, works on it between two steps of a thread, without any other request in between. For such
//! guests each thread has a lane: an instance of its own, the right to use it, and counters that
//! nobody else writes. That takes one lock that nobody else wants, where the pool, the admission and
//! the common counters are many operations that processors have to agree on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use try_lock::{Locked, TryLock};

use super::metrics::Counters;
use super::{Served, Shared};
use crate::engine::{Pinned, Pool};

/// The lanes of a layer.
pub(super) struct Lanes(Box<[Lane]>);

/// On cache lines of its own, as its thread alone writes to it.
#[repr(align(128))]
struct Lane {
    /// What was at work here last, and has not trapped.
    kept: TryLock<Option<Kept>>,
    /// Written by who has the lock.
    counters: Counters,
}

/// An instance that stays, and what it belongs to.
pub(super) struct Kept {
    pub(super) served: Arc<Served>,
    pub(super) pinned: Pinned<Arc<Pool>>,
}

/// A lane in use, with an instance in it, which stays there for the next request when this is dropped.
pub(super) struct Entered<'a> {
    lane: &'a Lane,
    kept: Locked<'a, Option<Kept>>,
    _left: Left<'a>,
}

/// Looks at a lane once it is free again.
struct Left<'a> {
    lane: &'a Lane,
    generation: &'a AtomicU64,
    /// Of what was served when the lane was entered.
    entered: u64,
}

impl Lanes {
    /// For so many instances at work: at most an eighth of them are in lanes, as nothing else can have
    /// those.
    pub(super) fn new(instances: usize) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        // More than processors, because threads are not numbered by the processor that they are on. A
        // power of two, so that a lane is found without a division.
        let wanted = (2 * threads).next_power_of_two();
        let most = (instances / 8).checked_ilog2().map_or(0, |log| 1 << log);
        let lane = || Lane { kept: TryLock::new(None), counters: Counters::default() };
        Self((0..wanted.min(most)).map(|_| lane()).collect())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What was counted in all of them.
    pub(super) fn counters(&self) -> impl Iterator<Item = &Counters> {
        self.0.iter().map(|lane| &lane.counters)
    }

    /// Gives back the instances of a guest that is served no more; those that are at work give
    /// themselves back.
    pub(super) fn clear(&self) {
        for lane in &self.0 {
            // One that is left at this moment may have looked too early, and seems in use for a moment
            // longer.
            for _ in 0..100 {
                if lane.clear() {
                    break;
                }
                std::thread::yield_now();
            }
        }
    }

    #[inline]
    fn own(&self) -> Option<&Lane> {
        self.0.get(number() & self.0.len().wrapping_sub(1))
    }
}

impl Lane {
    /// Gives back what is kept here, unless it is in use.
    fn clear(&self) -> bool {
        // Dropped when the lock is free again, as that calls others.
        let kept = self.kept.try_lock().map(|mut kept| kept.take());
        kept.is_some()
    }
}

impl<'a> Entered<'a> {
    /// Enters the lane of this thread, if there is one for the guest that serves now, it is not in
    /// use (by who is told of an event and sends a request), and an instance is idle.
    #[inline]
    pub(super) fn enter(shared: &'a Shared) -> Option<Self> {
        let generation = shared.lane_generation.load(Ordering::Acquire);
        if generation == 0 || !shared.admission.admits() {
            return None;
        }
        let lane = shared.lanes.own()?;
        let mut kept = lane.kept.try_lock()?;
        if kept.as_ref().is_none_or(|kept| kept.served.generation != generation) {
            // Also where no other is idle.
            *kept = None;
            *kept = Some(Kept::new(shared, generation)?);
        }
        let left = Left { lane, generation: &shared.lane_generation, entered: generation };
        Some(Self { lane, kept, _left: left })
    }

    #[inline]
    pub(super) fn kept(&mut self) -> &mut Kept {
        match &mut *self.kept {
            Some(kept) => kept,
            None => unreachable!("it was put there, and only leaving takes it out"),
        }
    }

    pub(super) const fn counters(&self) -> &'a Counters {
        &self.lane.counters
    }

    /// Leaves with the instance, which is at work for longer.
    pub(super) fn leave(mut self) -> Kept {
        match self.kept.take() {
            Some(kept) => kept,
            None => unreachable!("it was put there, and only this takes it out"),
        }
    }
}

impl Kept {
    /// An idle instance of what is served now, if that is of this generation still: what has replaced it
    /// may be no guest for lanes.
    fn new(shared: &Shared, generation: u64) -> Option<Self> {
        let served = shared.served();
        if served.generation != generation {
            return None;
        }
        let mut pinned = served.pool.try_take_owned()?;
        shared.tell_logs(&pinned.take_start_logs());
        Some(Self { served, pinned })
    }
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        // Somebody who was told of an event panicked, amid an exchange.
        if std::thread::panicking()
            && let Some(Kept { pinned, .. }) = self.kept.take()
        {
            pinned.discard();
        }
    }
}

impl Drop for Left<'_> {
    #[inline]
    fn drop(&mut self) {
        // Who has replaced the guest meanwhile could not clear this lane.
        if self.generation.load(Ordering::SeqCst) != self.entered {
            self.lane.clear();
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
