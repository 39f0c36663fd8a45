//! Clock and random numbers. No ABI for HTTP has them; guests have them of WASI, whose functions most hosts
//! provide to guests that import them.

use core::time::Duration;

#[cfg(target_family = "wasm")]
mod imports {
    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    unsafe extern "C" {
        pub(super) fn clock_time_get(clock: u32, precision: u64, time: *mut u64) -> u32;
        pub(super) fn random_get(buffer: *mut u8, len: usize) -> u32;
    }
}

/// The clock that shows the time of day.
#[cfg(target_family = "wasm")]
const REALTIME: u32 = 0;

/// The time since 1970-01-01T00:00:00Z, if the host has a clock.
#[cfg(target_family = "wasm")]
pub(crate) fn wall_clock() -> Option<Duration> {
    let mut nanoseconds = 0;
    // SAFETY: `nanoseconds` is good for a write of 8 bytes.
    let errno = unsafe { imports::clock_time_get(REALTIME, 1, &raw mut nanoseconds) };
    (errno == 0).then(|| Duration::from_nanos(nanoseconds))
}

/// Fills a buffer with random bytes; whether the host has any.
#[cfg(target_family = "wasm")]
pub(crate) fn fill_random(buffer: &mut [u8]) -> bool {
    // SAFETY: `buffer` is good for writes of its length.
    let errno = unsafe { imports::random_get(buffer.as_mut_ptr(), buffer.len()) };
    errno == 0
}

#[cfg(all(feature = "testing", not(target_family = "wasm")))]
pub(crate) fn wall_clock() -> Option<Duration> {
    super::abi::with_exchange("the clock", |exchange| exchange.wall_clock())
}

#[cfg(all(feature = "testing", not(target_family = "wasm")))]
pub(crate) fn fill_random(buffer: &mut [u8]) -> bool {
    super::abi::with_exchange("random numbers", |exchange| exchange.fill_random(buffer));
    true
}

#[cfg(not(any(feature = "testing", target_family = "wasm")))]
pub(crate) fn wall_clock() -> Option<Duration> {
    needs_testing("the clock")
}

#[cfg(not(any(feature = "testing", target_family = "wasm")))]
pub(crate) fn fill_random(_: &mut [u8]) -> bool {
    needs_testing("random numbers")
}

#[cfg(not(any(feature = "testing", target_family = "wasm")))]
fn needs_testing<R>(what: &str) -> R {
    panic!(
        "{what} of the host: outside WebAssembly they are simulated, for which the filter's \
         [dev-dependencies] must have http-wasm-sdk with the feature `testing`"
    )
}
