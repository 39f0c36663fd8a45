//! How many requests a guest works on at once, and how many wait for their turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many instances there may be, and what becomes of requests that find all of them at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// The most instances that work at once. 256 unless changed.
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
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl Admission {
    pub(super) fn new(capacity: Capacity) -> Self {
        let permits = capacity.instances.clamp(1, Semaphore::MAX_PERMITS);
        Self { capacity, permits: Arc::new(Semaphore::new(permits)), waiting: AtomicUsize::new(0) }
    }

    /// The right to an instance; `None` where the queue is full, or too slow.
    pub(super) async fn admit(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Some(permit);
        }
        let _place = Place::take(&self.waiting, self.capacity.queue)?;
        let permit = Arc::clone(&self.permits).acquire_owned();
        tokio::time::timeout(self.capacity.wait, permit).await.ok()?.ok()
    }
}

/// A place in the queue.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, most: usize) -> Option<Self> {
        let place = Self(waiting);
        // The place goes back when it is dropped, also when it is one too many.
        (waiting.fetch_add(1, Ordering::Relaxed) < most).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
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
