//! How many instances a layer uses at once, and how many requests wait for one.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::engine::StartError;

/// How many instances a layer uses at once, and what becomes of requests that find all of them in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// The most instances in use at once, those among them that threads keep at hand. 256 unless
    /// changed.
    pub instances: usize,
    /// The most instances that wait for a piece of a body besides, so that slow clients keep nobody from
    /// an instance. One more gives up: its client gets 503, or 502 where the body is the inner service's.
    /// 1,024 unless changed.
    pub awaiting_bodies: usize,
    /// The most requests that wait for one; the client of one more gets 503. 1,024 unless changed.
    pub queue: usize,
    /// The longest that a request waits; then its client gets 503. 5 seconds unless changed.
    pub wait: Duration,
}

impl Default for Capacity {
    fn default() -> Self {
        let wait = Duration::from_secs(5);
        Self { instances: 256, awaiting_bodies: 1_024, queue: 1_024, wait }
    }
}

/// Why a request gets no instance.
#[derive(Debug)]
pub(super) enum Refused {
    /// All are in use, and the queue is full or too slow.
    Busy,
    /// A new one could not be started.
    Start(StartError),
}

/// Counts the instances in use, and the requests that wait.
#[derive(Debug)]
pub(super) struct Admission {
    capacity: Capacity,
    used: AtomicUsize,
    awaiting_bodies: AtomicUsize,
    waiting: AtomicUsize,
    freed: Notify,
}

/// The right to an instance.
#[derive(Debug)]
pub(super) struct Permit(Arc<Admission>);

/// An instance waits for a body. Meanwhile its right is another's; when this is dropped it has it back,
/// even if that makes one more than the capacity.
#[derive(Debug)]
pub(super) struct AwaitingBody(Arc<Admission>);

impl Admission {
    pub(super) fn new(capacity: Capacity) -> Self {
        Self {
            capacity,
            used: AtomicUsize::new(0),
            awaiting_bodies: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            freed: Notify::new(),
        }
    }

    /// Whether a request waits.
    #[inline]
    pub(super) fn has_waiting(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }

    /// The right to an instance, if there is one at once.
    pub(super) fn try_admit(self: &Arc<Self>) -> Option<Permit> {
        let most = self.capacity.instances.max(1);
        let one_more = |used: usize| (used < most).then_some(used + 1);
        // In one order for all with `waiting`, so that whoever frees an instance sees who waits.
        self.used
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more)
            .is_ok()
            .then(|| Permit(Arc::clone(self)))
    }

    /// Lets others use the right of an instance that waits for a body; `None` where too many wait.
    pub(super) fn await_body(self: &Arc<Self>) -> Option<AwaitingBody> {
        let one_more = |count: usize| (count < self.capacity.awaiting_bodies).then_some(count + 1);
        self.awaiting_bodies.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more).ok()?;
        self.free();
        Some(AwaitingBody(Arc::clone(self)))
    }

    /// A right is free.
    fn free(&self) {
        self.used.fetch_sub(1, Ordering::SeqCst);
        if self.has_waiting() {
            self.freed.notify_one();
        }
    }

    /// Waits until `attempt` has what it wants; `None` where the queue is full, or too slow.
    pub(super) async fn wait<R>(&self, attempt: impl Fn() -> Option<R>) -> Option<R> {
        let _place = Place::take(&self.waiting, self.capacity.queue)?;
        let turn = async {
            loop {
                let mut freed = pin!(self.freed.notified());
                freed.as_mut().enable();
                if let Some(found) = attempt() {
                    return found;
                }
                freed.await;
            }
        };
        tokio::time::timeout(self.capacity.wait, turn).await.ok()
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.free();
    }
}

impl Drop for AwaitingBody {
    fn drop(&mut self) {
        self.0.used.fetch_add(1, Ordering::SeqCst);
        self.0.awaiting_bodies.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A place in the queue.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, most: usize) -> Option<Self> {
        let place = Self(waiting);
        // The place goes back when it is dropped, also when it is one too many.
        (waiting.fetch_add(1, Ordering::SeqCst) < most).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn admit(admission: &Arc<Admission>) -> Option<Permit> {
        match admission.try_admit() {
            Some(permit) => Some(permit),
            None => admission.wait(|| admission.try_admit()).await,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn requests_wait_in_a_queue_that_is_bounded_in_length_and_time() {
        let wait = Duration::from_secs(1);
        let admission = Arc::new(Admission::new(Capacity {
            instances: 1,
            queue: 1,
            wait,
            ..Capacity::default()
        }));
        let first = admit(&admission).await.expect("nobody is there");
        let waiting = Arc::clone(&admission);
        let second = tokio::spawn(async move { admit(&waiting).await });
        tokio::task::yield_now().await;
        assert!(admit(&admission).await.is_none(), "the queue is full");
        drop(first);
        let second = second.await.expect("no panic").expect("its turn has come");
        let began = tokio::time::Instant::now();
        assert!(admit(&admission).await.is_none());
        assert_eq!(began.elapsed(), wait);
        drop(second);
        assert!(admit(&admission).await.is_some());
        assert_eq!(admission.waiting.load(Ordering::Relaxed), 0);
    }
}
