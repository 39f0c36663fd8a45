//! The timer that wakes guests that sleep: one thread for the whole process, because instances also run
//! where there is no runtime, or where the runtime waits for them.

use std::future::pending;
use std::io;
use std::sync::OnceLock;
use std::time::Instant;

use tokio::runtime::{Builder, Handle};

/// Waits until then, to within a millisecond, on any thread.
///
/// # Errors
///
/// When the timer cannot be started.
pub(super) async fn sleep_until(then: Instant) -> io::Result<()> {
    let sleep = {
        let _timer = handle()?.enter();
        tokio::time::sleep_until(then.into())
    };
    sleep.await;
    Ok(())
}

/// The runtime that has the timer. It is started when the first guest sleeps.
fn handle() -> io::Result<&'static Handle> {
    static HANDLE: OnceLock<Handle> = OnceLock::new();
    if let Some(handle) = HANDLE.get() {
        return Ok(handle);
    }
    let runtime = Builder::new_current_thread().enable_time().build()?;
    let handle = runtime.handle().clone();
    // Two threads that are here at once start two of them, and use both: each lives on.
    let thread = std::thread::Builder::new().name("guest timer".to_owned());
    thread.spawn(move || runtime.block_on(pending::<()>()))?;
    Ok(HANDLE.get_or_init(|| handle))
}
