//! How the hooks of a module are called: on the stack of the caller, or on a fiber.
//!
//! A fiber costs some 80 ns per call, and is needed only to give the thread away. A guest that can
//! neither wait nor run for long never needs one. A guest that may run for long, because it has a loop,
//! usually does not: it is called directly once its hooks have ended within a tick often enough.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// How a hook is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// On the stack of the caller. A hook that runs for long after all keeps its thread until it ends.
    Direct,
    /// On a stack of its own, from which it gives its thread away.
    Fiber,
}

/// What is known of the hooks of a module.
#[derive(Clone, Debug)]
pub(super) enum Execution {
    /// They may have to wait for a body, or may sleep.
    Waits,
    /// They neither wait nor execute more than a bounded number of instructions.
    Bounded,
    /// They do not wait, and may run for long.
    Unbounded(Arc<Pace>),
}

/// How long the hooks of a module have run so far.
#[derive(Debug)]
pub(super) struct Pace {
    /// How many have ended within a tick in a row, counted up to what is needed.
    quick: AtomicU32,
    /// How many have to until hooks are called directly.
    needed: AtomicU32,
}

/// How many quick hooks are needed at first.
const NEEDED: u32 = 64;

impl Execution {
    pub(super) fn unbounded() -> Self {
        Self::Unbounded(Arc::new(Pace::default()))
    }

    #[inline]
    pub(super) fn mode(&self) -> Mode {
        match self {
            Self::Waits => Mode::Fiber,
            Self::Bounded => Mode::Direct,
            Self::Unbounded(pace) if pace.is_quick() => Mode::Direct,
            Self::Unbounded(_) => Mode::Fiber,
        }
    }

    /// Notes that a hook ended within a tick.
    pub(super) fn ended_in_time(&self) {
        if let Self::Unbounded(pace) = self {
            pace.ended_in_time();
        }
    }

    /// What notes that a hook did not end within a tick.
    pub(super) fn pace(&self) -> Arc<Pace> {
        match self {
            Self::Unbounded(pace) => Arc::clone(pace),
            Self::Waits | Self::Bounded => Arc::default(),
        }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self { quick: AtomicU32::new(0), needed: AtomicU32::new(NEEDED) }
    }
}

impl Pace {
    fn is_quick(&self) -> bool {
        self.quick.load(Ordering::Relaxed) >= self.needed.load(Ordering::Relaxed)
    }

    fn ended_in_time(&self) {
        if !self.is_quick() {
            self.quick.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Notes that a hook ran for longer than a tick: the next ones are called on a fiber, and for longer
    /// each time that this happens, so that a guest that is slow at times keeps few threads.
    pub(super) fn overran(&self) {
        self.quick.store(0, Ordering::Relaxed);
        let needed = self.needed.load(Ordering::Relaxed);
        self.needed.store(needed.saturating_mul(NEEDED), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_are_called_directly_once_they_have_been_quick_and_later_each_time_they_were_not() {
        let execution = Execution::unbounded();
        let quick_for = |times: u32| {
            for _ in 0..times {
                assert_eq!(execution.mode(), Mode::Fiber);
                execution.ended_in_time();
            }
            assert_eq!(execution.mode(), Mode::Direct);
        };
        quick_for(NEEDED);
        execution.pace().overran();
        quick_for(NEEDED * NEEDED);
        for _ in 0..10 {
            execution.pace().overran();
        }
        assert_eq!(execution.pace().needed.load(Ordering::Relaxed), u32::MAX);
        assert_eq!(execution.mode(), Mode::Fiber);
    }

    #[test]
    fn guests_that_wait_need_a_fiber_and_bounded_ones_never() {
        Execution::Waits.ended_in_time();
        assert_eq!(Execution::Waits.mode(), Mode::Fiber);
        assert_eq!(Execution::Bounded.mode(), Mode::Direct);
    }
}
