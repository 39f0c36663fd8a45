//! How many requests a guest works on at once, and how many wait for their turn.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// How many instances there may be, and what becomes of requests that find all of them at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// The most instances that work at once. 256 unless changed. Of 8 or more, up to an eighth are
    /// only for requests that their guest is done with before the inner service is called.
    pub instances: usize,
    /// The most requests that wait for one; the client of one more gets 503. 1,024 unless changed.
    pub queue: usize,
    /// The longest that a request waits; then its client gets 503. 5 seconds unless changed.
    pub wait: Duration,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { instances: 256, queue: 1_024, wait: Duration::from_secs(5) }
    }
}

/// Lets requests in.
#[derive(Debug)]
pub(super) struct Admission {
    capacity: Capacity,
    /// How many instances may be at work without a permit.
    reserved: AtomicUsize,
    working: AtomicUsize,
    waiting: AtomicUsize,
    freed: Notify,
}

/// The right to an instance.
#[derive(Debug)]
pub(super) struct Permit(Arc<Admission>);

impl Admission {
    pub(super) fn new(capacity: Capacity) -> Self {
        Self {
            capacity,
            reserved: AtomicUsize::new(0),
            working: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            freed: Notify::new(),
        }
    }

    /// Sets how many instances may be at work without a permit, and are counted as if they had one.
    pub(super) fn reserve(&self, instances: usize) {
        self.reserved.store(instances, Ordering::SeqCst);
    }

    fn most(&self) -> usize {
        self.capacity.instances.saturating_sub(self.reserved.load(Ordering::Relaxed)).max(1)
    }

    /// Whether there is a right to an instance now.
    pub(super) fn admits(&self) -> bool {
        self.working.load(Ordering::Relaxed) < self.most()
    }

    /// A permit for an instance that is at work without one already.
    pub(super) fn admit_reserved(self: &Arc<Self>) -> Permit {
        self.working.fetch_add(1, Ordering::SeqCst);
        Permit(Arc::clone(self))
    }

    /// The right to an instance, if there is one at once.
    pub(super) fn try_admit(self: &Arc<Self>) -> Option<Permit> {
        let most = self.most();
        let one_more = |working: usize| (working < most).then_some(working + 1);
        // In one order for all with `waiting`, so that whoever frees an instance sees who waits.
        self.working
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more)
            .is_ok()
            .then(|| Permit(Arc::clone(self)))
    }

    /// The right to an instance; `None` where the queue is full, or too slow.
    pub(super) async fn admit(self: &Arc<Self>) -> Option<Permit> {
        if let Some(permit) = self.try_admit() {
            return Some(permit);
        }
        let _place = Place::take(&self.waiting, self.capacity.queue)?;
        let turn = async {
            loop {
                let mut freed = pin!(self.freed.notified());
                freed.as_mut().enable();
                if let Some(permit) = self.try_admit() {
                    return permit;
                }
                freed.await;
            }
        };
        tokio::time::timeout(self.capacity.wait, turn).await.ok()
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.working.fetch_sub(1, Ordering::SeqCst);
        if self.0.waiting.load(Ordering::SeqCst) > 0 {
            self.0.freed.notify_one();
        }
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

/// How many messages of guests are passed on in a second.
#[derive(Debug)]
pub(super) struct LogRate {
    most: u32,
    since: Instant,
    count: u32,
}

impl LogRate {
    pub(super) fn new(most: u32) -> Self {
        Self { most, since: Instant::now(), count: 0 }
    }

    /// Whether one more may pass.
    pub(super) fn admits(&mut self) -> bool {
        if self.count < self.most {
            self.count += 1;
            return true;
        }
        if self.since.elapsed() < Duration::from_secs(1) {
            return false;
        }
        self.since = Instant::now();
        self.count = 1;
        self.most > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn requests_wait_in_a_queue_that_is_bounded_in_length_and_time() {
        let wait = Duration::from_secs(1);
        let admission = Arc::new(Admission::new(Capacity { instances: 1, queue: 1, wait }));
        let first = admission.admit().await.expect("nobody is there");
        let waiting = Arc::clone(&admission);
        let second = tokio::spawn(async move { waiting.admit().await });
        tokio::task::yield_now().await;
        assert!(admission.admit().await.is_none(), "the queue is full");
        drop(first);
        let second = second.await.expect("no panic").expect("its turn has come");
        let began = tokio::time::Instant::now();
        assert!(admission.admit().await.is_none());
        assert_eq!(began.elapsed(), wait);
        drop(second);
        assert!(admission.admit().await.is_some());
        assert_eq!(admission.waiting.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn messages_pass_at_a_rate() {
        let mut rate = LogRate::new(2);
        assert_eq!([rate.admits(), rate.admits(), rate.admits()], [true, true, false]);
        rate.since = rate.since.checked_sub(Duration::from_secs(1)).expect("a second ago");
        assert!(rate.admits());
        let mut none = LogRate::new(0);
        none.since = none.since.checked_sub(Duration::from_secs(1)).expect("a second ago");
        assert!(!none.admits());
    }
}
