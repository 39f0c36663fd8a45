//! Waits for Ctrl-C or a termination signal.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

/// Catches Ctrl-C and, on Unix, termination signals from now on; the future waits for the first and
/// returns its name.
///
/// A signal that is caught no longer ends the process; the caller has to.
///
/// # Errors
/// When the process cannot catch signals.
pub fn catch() -> io::Result<impl Future<Output = &'static str>> {
    let stop = signals()?;
    IS_GRACEFUL.store(true, Ordering::SeqCst);
    Ok(stop)
}

/// Whether the command ends by itself after a signal.
static IS_GRACEFUL: AtomicBool = AtomicBool::new(false);

pub(crate) fn is_graceful() -> bool {
    IS_GRACEFUL.load(Ordering::SeqCst)
}

/// Waits for the first signal. Like [`catch`], but does not say that the command ends by itself.
pub(crate) fn signals() -> io::Result<impl Future<Output = &'static str> + use<>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hangup = signal(SignalKind::hangup())?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => "Ctrl-C",
                _ = terminate.recv() => "a termination signal",
                _ = hangup.recv() => "the end of the terminal",
            }
        })
    }
    #[cfg(windows)]
    {
        let mut interrupt = tokio::signal::windows::ctrl_c()?;
        Ok(async move {
            interrupt.recv().await;
            "Ctrl-C"
        })
    }
}
