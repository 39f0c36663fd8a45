//! Waits for Ctrl-C or a termination signal.

use std::io;

/// Catches Ctrl-C and, on Unix, termination signals from now on; the future waits for the first and
/// returns its name.
///
/// A signal that is caught no longer ends the process; the caller has to.
///
/// # Errors
/// When the process cannot catch signals.
pub fn catch() -> io::Result<impl Future<Output = &'static str>> {
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

/// Waits for a signal that [`catch`] catches; returns its name.
///
/// # Errors
/// When the process cannot catch signals.
pub async fn stop() -> io::Result<&'static str> {
    Ok(catch()?.await)
}
