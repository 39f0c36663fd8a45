//! The time of day, by the host's clock.
//!
//! A guest that asks for it imports `clock_time_get` of WASI, and nothing else; one that does not imports
//! nothing. The clock of each host:
//!
//! | host | clock |
//! | --- | --- |
//! | Traefik, the reference host | the time |
//! | Dapr | the time, unless `strictSandbox` is on |
//! | a Go server with the official host | a clock that begins in 2022, unless the server configures another |
//! | hosts without WASI | the guest does not load |
//!
//! In tests it is what `Scenario::clock` of the testing kit says, or else the time.

use core::time::Duration;

use crate::{Error, backend};

/// The time since 1970-01-01T00:00:00Z (Unix time), by `clock_time_get` of WASI for the real-time clock.
///
/// ```
/// use core::time::Duration;
/// use http_wasm_sdk::prelude::*;
/// use http_wasm_sdk::{testing, time};
///
/// /// Closed until the year 2030.
/// #[handler]
/// fn closed(_: &mut Request, reply: Reply<'_>) -> Result<Option<Responded>, Error> {
///     const OPENING: Duration = Duration::from_secs(1_893_456_000);
///     let is_closed = time::now()? < OPENING;
///     Ok(is_closed.then(|| reply.status(StatusCode::SERVICE_UNAVAILABLE).body("closed\n")))
/// }
///
/// let at = |seconds| testing::Scenario::get("/").clock(Duration::from_secs(seconds));
/// assert_eq!(testing::run::<closed>(&at(1_893_455_999)).status(), 503);
/// assert_eq!(testing::run::<closed>(&at(1_893_456_000)).status(), 200);
/// ```
///
/// # Errors
///
/// When the host has no such clock, which no known host says.
pub fn now() -> Result<Duration, Error> {
    backend::wall_clock().ok_or(Error::new("the host has no clock"))
}
