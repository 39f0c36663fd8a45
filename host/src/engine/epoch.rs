//! The clock by which guests are interrupted: a thread for each engine that advances its epoch.

use std::time::Duration;

use wasmtime::Engine;

/// How far two ticks are apart: a guest that yields does so this often, and time limits are kept to
/// within it.
pub const TICK: Duration = Duration::from_millis(10);

/// How many ticks make up a limit, rounded up.
pub(super) fn ticks(limit: Duration) -> u64 {
    u64::try_from(limit.as_micros().div_ceil(TICK.as_micros())).unwrap_or(u64::MAX)
}

/// Advances the engine's epoch until the engine is gone.
pub(super) fn start(engine: &Engine) {
    let engine = engine.weak();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(TICK);
            match engine.upgrade() {
                Some(engine) => engine.increment_epoch(),
                None => break,
            }
        }
    });
}
