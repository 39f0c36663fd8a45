//! What a server says on standard error: a limited number of lines in a second, so that a client that
//! provokes them can neither fill a disk nor slow the server down.

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::ui;

/// The most warnings in a second.
const MAX_PER_SECOND: u32 = 20;

/// Prints warnings; clones share the count.
#[derive(Clone, Debug)]
pub(super) struct Console(Option<Arc<Mutex<Second>>>);

#[derive(Debug)]
struct Second {
    since: Instant,
    count: u32,
    dropped: u64,
}

impl Console {
    pub(super) fn new() -> Self {
        Self(Some(Arc::new(Mutex::new(Second { since: Instant::now(), count: 0, dropped: 0 }))))
    }

    /// One that prints nothing.
    pub(super) const fn silent() -> Self {
        Self(None)
    }

    pub(super) fn warn(&self, what: impl Display) {
        let Some(second) = &self.0 else { return };
        let dropped = {
            let mut second = second.lock().unwrap_or_else(PoisonError::into_inner);
            if second.since.elapsed() >= Duration::from_secs(1) {
                (second.since, second.count) = (Instant::now(), 0);
            }
            if second.count == MAX_PER_SECOND {
                second.dropped += 1;
                return;
            }
            second.count += 1;
            std::mem::take(&mut second.dropped)
        };
        if dropped > 0 {
            ui::warn(format_args!("{dropped} warnings were dropped, too many in a second"));
        }
        ui::warn(ui::escaped(what));
    }
}
