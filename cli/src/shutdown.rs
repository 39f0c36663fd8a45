//! The wish of the user, or of whoever runs the tool, that it stop.

use std::io;

/// Waits for Ctrl-C or, on Unix, a termination signal; gives its name.
///
/// From the first call on the signal no longer ends the process by itself, so whoever calls this
/// has to.
///
/// # Errors
/// When the system does not let this process wait for signals.
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
