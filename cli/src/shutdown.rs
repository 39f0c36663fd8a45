//! Waits for Ctrl-C or a termination signal.

use std::io;

/// Waits for Ctrl-C or, on Unix, a termination signal; returns its name.
///
/// After the first call a signal no longer ends the process; the caller has to.
///
/// # Errors
/// When the process cannot wait for signals.
pub async fn stop() -> io::Result<&'static str> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hangup = signal(SignalKind::hangup())?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result.map(|()| "Ctrl-C"),
            _ = terminate.recv() => Ok("a termination signal"),
            _ = hangup.recv() => Ok("the end of the terminal"),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.map(|()| "Ctrl-C")
}
