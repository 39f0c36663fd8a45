//! Limits of the headers of requests, and of the messages that guests log.

use std::time::{Duration, Instant};

use http::{HeaderMap, Response, StatusCode};

use super::body::Body;
use super::metrics::count;
use super::{ActiveGuest, Event, Shared, convert};

/// Refuses a request with too many headers, or too large ones.
///
/// # Errors
///
/// The response to it.
#[inline]
pub(super) fn refuse_headers(
    shared: &Shared,
    guest: &ActiveGuest,
    headers: &HeaderMap,
) -> Result<(), Box<Response<Body>>> {
    let limits = &guest.pool.settings().limits;
    let found = headers.len();
    let bytes = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if found <= limits.header_count && bytes <= limits.header_bytes {
        return Ok(());
    }
    count(&shared.slots.counters().refused_headers);
    shared.emit(Event::Headers { count: found, bytes });
    let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    Err(Box::new(convert::plain(status, "the request's headers are too large")))
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
