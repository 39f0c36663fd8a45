//! Limits of what a request may bring along.

use http::{HeaderMap, Response, StatusCode};

use super::body::Body;
use super::metrics::count;
use super::{Event, Shared, convert};
use crate::engine::Pool;

/// The answer to a request with too many headers.
#[inline]
pub(super) fn refuse_headers(
    shared: &Shared,
    pool: &Pool,
    headers: &HeaderMap,
) -> Result<(), Box<Response<Body>>> {
    let limits = &pool.settings().limits;
    let count_found = headers.len();
    let bytes = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if count_found <= limits.header_count && bytes <= limits.header_bytes {
        return Ok(());
    }
    count(&shared.counters.refused_headers);
    shared.tell(Event::Headers { count: count_found, bytes });
    let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    Err(Box::new(convert::plain(status, "the request's headers are too large")))
}
