//! A server process that cannot outlive the run that started it.
//!
//! Dropping [`ServerProcess`] kills the process and waits for its end. So an early return and a
//! panic clean up like a normal end, and Ctrl-C does through `cleanup`.
//! When the tool itself is killed it cannot clean up; on Unix a watchdog does it instead: a shell
//! that waits for the end of a pipe that only the tool holds open, and then kills the server's
//! process group.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::cleanup::EndedOnSignal;

/// How long to wait between two checks of a server that starts.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// A running child process; killed on drop.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    #[cfg(unix)]
    watchdog: Child,
    ended: Option<ExitStatus>,
    _ended_on_signal: EndedOnSignal,
}

/// Why a server did not become ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// It ended.
    #[error("it ended by itself ({0})")]
    Ended(ExitStatus),
    /// It did not become ready in time.
    #[error("it was not ready within {} s", .0.as_secs())]
    TimedOut(Duration),
}

impl ServerProcess {
    /// Starts the command in a process group of its own.
    ///
    /// # Errors
    /// When the command, or on Unix `sh`, cannot be started.
    pub fn spawn(mut command: Command) -> io::Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        #[cfg_attr(not(unix), expect(unused_mut, reason = "killed where there is no watchdog"))]
        let mut child = command.spawn()?;
        #[cfg(unix)]
        let watchdog = match watchdog(child.id()) {
            Ok(watchdog) => watchdog,
            Err(error) => {
                drop(child.kill());
                drop(child.wait());
                return Err(error);
            }
        };
        let ended_on_signal = EndedOnSignal::new(&child, true);
        Ok(Self {
            child,
            #[cfg(unix)]
            watchdog,
            ended: None,
            _ended_on_signal: ended_on_signal,
        })
    }

    /// The number of the process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has ended by itself.
    ///
    /// # Errors
    /// When the system cannot tell.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait()?;
        }
        Ok(self.ended)
    }

    /// Waits until `look` finds what the server prints when it is ready, and returns that.
    ///
    /// # Errors
    /// When the server ends first, or `look` finds nothing within `time`.
    pub async fn ready<T>(
        &mut self,
        time: Duration,
        mut look: impl FnMut() -> Option<T>,
    ) -> Result<T, NotReady> {
        let end = Instant::now() + time;
        loop {
            // Checked first: what a server printed before its end can still be found after it.
            let ended = self.ended().ok().flatten();
            if let Some(found) = look() {
                return Ok(found);
            }
            if let Some(status) = ended {
                return Err(NotReady::Ended(status));
            }
            if Instant::now() > end {
                return Err(NotReady::TimedOut(time));
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}

#[cfg(unix)]
fn watchdog(group: u32) -> io::Result<Child> {
    use std::os::unix::process::CommandExt;
    use std::process::Stdio;

    Command::new("sh")
        .args(["-c", "read -r _; kill -s KILL -- \"-$1\"", "watchdog", &group.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C must end the tool and not the watchdog, which has to outlive it.
        .process_group(0)
        .spawn()
}

impl Drop for ServerProcess {
    // Failures are ignored: a process that cannot be killed has ended.
    fn drop(&mut self) {
        #[cfg(unix)]
        {
            if self.ended.is_some() {
                // The number may belong to another process by now.
                drop(self.watchdog.kill());
            }
            // Closing the pipe is the signal, whether the tool drops this or dies. The child has not
            // been waited for, so its number cannot belong to another process.
            drop(self.watchdog.stdin.take());
            drop(self.watchdog.wait());
        }
        if self.ended.is_none() {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    use super::*;

    /// A child with a child of its own; gives the number of the inner one.
    fn nested() -> (ServerProcess, u32) {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 600 & echo $!; wait"]).stdout(Stdio::piped());
        let mut guard = ServerProcess::spawn(command).unwrap();
        let mut line = String::new();
        BufReader::new(guard.child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        (guard, line.trim().parse().unwrap())
    }

    fn alive(process: u32) -> bool {
        let status = Command::new("ps").args(["-o", "stat=", "-p", &process.to_string()]).output();
        // A zombie that nobody has collected yet is dead.
        let state = String::from_utf8(status.unwrap().stdout).unwrap();
        !state.trim().is_empty() && !state.trim().starts_with('Z')
    }

    fn soon(mut condition: impl FnMut() -> bool) -> bool {
        let end = Instant::now() + Duration::from_secs(10);
        while !condition() {
            if Instant::now() > end {
                return false;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        true
    }

    #[test]
    fn drop_kills_the_whole_group() {
        let (guard, inner) = nested();
        let outer = guard.id();
        assert!(alive(outer) && alive(inner));
        drop(guard);
        assert!(!alive(outer));
        assert!(soon(|| !alive(inner)));
    }

    #[test]
    fn a_panic_kills() {
        let (guard, inner) = nested();
        let outer = guard.id();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _guard = guard;
            panic!("while a server is running");
        }));
        assert!(result.is_err());
        assert!(!alive(outer));
        assert!(soon(|| !alive(inner)));
    }

    #[test]
    fn the_watchdog_kills_when_nobody_drops() {
        let (mut guard, inner) = nested();
        // What the system does to the pipe of a tool that was killed.
        drop(guard.watchdog.stdin.take());
        assert!(soon(|| guard.ended().unwrap().is_some()));
        assert!(soon(|| !alive(inner)));
    }

    #[test]
    fn the_end_of_a_process_is_noticed() {
        let mut command = Command::new("sh");
        command.args(["-c", "exit 3"]);
        let mut guard = ServerProcess::spawn(command).unwrap();
        assert!(soon(|| guard.ended().unwrap().is_some()));
        assert_eq!(guard.ended().unwrap().unwrap().code(), Some(3));
    }

    #[tokio::test]
    async fn a_server_is_ready_or_has_ended_or_is_late() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("said");
        let start = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]).stdout(std::fs::File::create(&path).unwrap());
            ServerProcess::spawn(command).unwrap()
        };
        let look = || std::fs::read_to_string(&path).ok().filter(|said| said.ends_with('\n'));
        let long = Duration::from_secs(10);
        let said = start("sleep 0.1; echo here; exec sleep 600").ready(long, look).await;
        assert_eq!(said, Ok("here\n".to_owned()));
        let said = start("echo here").ready(long, look).await;
        assert_eq!(said, Ok("here\n".to_owned()), "also when it has ended since");
        let ended = start("printf no; exit 3").ready(long, look).await.unwrap_err();
        assert_eq!(ended.to_string(), "it ended by itself (exit status: 3)");
        let short = Duration::from_millis(20);
        let late = start("exec sleep 600").ready(short, look).await;
        assert_eq!(late, Err(NotReady::TimedOut(short)));
    }

    #[test]
    fn a_missing_program_is_an_error() {
        let error = ServerProcess::spawn(Command::new("/nonexistent/program")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
