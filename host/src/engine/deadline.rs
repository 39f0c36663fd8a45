//! The time limit of a hook that sleeps.

use std::time::{Duration, Instant};

/// When the hook that runs has to be done, as far as it sleeps; one that only computes is interrupted by
/// ticks.
#[derive(Debug, Default)]
pub(super) struct Deadline {
    /// Whether there is a limit.
    pub(super) is_limited: bool,
    /// Known once the hook has slept, so that no other one has to look at a clock.
    pub(super) at: Option<Instant>,
}

impl Deadline {
    pub(super) fn new(is_limited: bool) -> Self {
        Self { is_limited, at: None }
    }

    /// Another hook begins.
    #[inline]
    pub(super) fn reset(&mut self) {
        self.at = None;
    }

    /// Whether other waiting has to be added with [`Self::postpone`].
    pub(super) fn is_known(&self) -> bool {
        self.at.is_some()
    }

    /// Allows the hook this much more, because it has waited for something that does not count.
    pub(super) fn postpone(&mut self, by: Duration) {
        self.at = self.at.and_then(|at| at.checked_add(by));
    }
}
