//! What a signal ends leaves nothing behind: programs that this process runs are ended, and temporary
//! folders and files are removed.
//!
//! Everything of that kind is registered here while it exists. A thread waits for a signal, cleans up, and
//! ends the process; nothing else has to be prepared for it, whether it computes, waits for a program, or
//! loads a guest. Only a command that ends gracefully by itself catches signals, see [`crate::shutdown`].

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::{shutdown, ui};

/// How long programs have to end by themselves.
const GRACE: Duration = Duration::from_secs(2);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// What exists at the moment.
struct Registry {
    paths: Vec<PathBuf>,
    programs: Vec<Program>,
}

static REGISTRY: Mutex<Registry> = Mutex::new(Registry { paths: Vec::new(), programs: Vec::new() });
/// Whether a signal ends this process.
static IS_ENDING: AtomicBool = AtomicBool::new(false);

fn registry() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for signals from now on, in a thread of its own.
///
/// # Errors
/// When the process cannot catch signals.
pub fn on_signals() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let stop = {
        let _context = runtime.enter();
        shutdown::signals()?
    };
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let name = runtime.block_on(stop);
        if !shutdown::is_graceful() {
            end(name);
        }
    })?;
    Ok(())
}

/// Cleans up and ends the process.
fn end(name: &str) -> ! {
    IS_ENDING.store(true, Ordering::SeqCst);
    let Registry { paths, programs } = {
        let mut registry = registry();
        Registry {
            paths: std::mem::take(&mut registry.paths),
            programs: std::mem::take(&mut registry.programs),
        }
    };
    for program in &programs {
        program.end();
    }
    let deadline = Instant::now() + GRACE;
    for program in &programs {
        program.wait(deadline);
    }
    for path in &paths {
        // What a program's own children still write makes it fail.
        while !remove(path) && Instant::now() < deadline {
            thread::sleep(POLL_INTERVAL);
        }
    }
    ui::error(format_args!("stopped by {name}"));
    std::process::exit(2)
}

fn remove(path: &Path) -> bool {
    match path.symlink_metadata() {
        Ok(file) if file.is_dir() => std::fs::remove_dir_all(path).is_ok(),
        Ok(_) => std::fs::remove_file(path).is_ok(),
        Err(_) => true,
    }
}

/// Waits for the end of the process if a signal ends it, so that nothing new is begun, and no error is
/// reported that is only its consequence.
pub fn wait_if_ending() {
    while IS_ENDING.load(Ordering::SeqCst) {
        thread::park();
    }
}

/// A path that a signal removes while this exists.
#[derive(Debug)]
pub(crate) struct RemovedOnSignal(PathBuf);

impl RemovedOnSignal {
    pub(crate) fn new(path: &Path) -> Self {
        wait_if_ending();
        registry().paths.push(path.to_owned());
        Self(path.to_owned())
    }
}

impl Drop for RemovedOnSignal {
    fn drop(&mut self) {
        registry().paths.retain(|path| *path != self.0);
    }
}

/// What the system said, without the random name of a temporary file, which tells nobody anything.
pub(crate) fn without_path(error: io::Error) -> io::Error {
    match error.to_string().split_once(" at path \"") {
        Some((said, _)) => io::Error::new(error.kind(), said),
        None => error,
    }
}

/// A temporary folder, which a signal removes too.
#[derive(Debug)]
pub struct TempFolder {
    // Removed before it is registered no longer.
    folder: tempfile::TempDir,
    _registered: RemovedOnSignal,
}

impl TempFolder {
    /// Creates a folder among the temporary ones of the system.
    ///
    /// # Errors
    /// When that fails; the error says where, and what to do.
    pub fn new(prefix: &str) -> io::Result<Self> {
        let parent = std::env::temp_dir();
        Self::new_in(prefix, &parent).map_err(|error| {
            let variable = if cfg!(windows) { "TEMP" } else { "TMPDIR" };
            let remedy = format!("{error}; set {variable} to a folder that can be written");
            io::Error::new(error.kind(), remedy)
        })
    }

    /// Creates a folder in another one.
    ///
    /// # Errors
    /// When that fails.
    pub(crate) fn new_in(prefix: &str, parent: &Path) -> io::Result<Self> {
        let folder =
            tempfile::Builder::new().prefix(prefix).tempdir_in(parent).map_err(without_path)?;
        let registered = RemovedOnSignal::new(folder.path());
        Ok(Self { folder, _registered: registered })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Leaves the folder where it is.
    #[must_use]
    pub fn keep(self) -> PathBuf {
        self.folder.keep()
    }
}

impl AsRef<OsStr> for TempFolder {
    fn as_ref(&self) -> &OsStr {
        self.path().as_os_str()
    }
}

/// A program that runs, for a signal to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Program {
    id: u32,
    /// Whether it leads a process group, which is killed.
    is_group: bool,
}

/// A program that a signal ends while this exists.
#[derive(Debug)]
pub(crate) struct EndedOnSignal(Program);

impl EndedOnSignal {
    /// Registers a child; `is_group` for one that leads a process group.
    pub(crate) fn new(child: &Child, is_group: bool) -> Self {
        let program = Program { id: child.id(), is_group };
        registry().programs.push(program);
        if IS_ENDING.load(Ordering::SeqCst) {
            // It was started while the others were ended.
            program.end();
            wait_if_ending();
        }
        Self(program)
    }
}

impl Drop for EndedOnSignal {
    fn drop(&mut self) {
        registry().programs.retain(|program| *program != self.0);
    }
}

/// Starts a program.
pub(crate) fn spawn(command: &mut Command) -> io::Result<(Child, EndedOnSignal)> {
    wait_if_ending();
    let child = command.spawn()?;
    let ended = EndedOnSignal::new(&child, false);
    Ok((child, ended))
}

/// Waits if a program ended because of a signal that ends this process too: Ctrl-C reaches both, and the
/// program may be faster.
pub(crate) fn wait_if_stopped(status: ExitStatus) {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        const HUP_INT_TERM: [i32; 3] = [1, 2, 15];
        let is_stopped = status.signal().is_some_and(|signal| HUP_INT_TERM.contains(&signal));
        let deadline = Instant::now() + Duration::from_millis(200);
        while is_stopped && !IS_ENDING.load(Ordering::SeqCst) && Instant::now() < deadline {
            thread::sleep(POLL_INTERVAL);
        }
    }
    #[cfg(not(unix))]
    let _ = status;
    wait_if_ending();
}

#[cfg(unix)]
impl Program {
    fn pid(self) -> Option<rustix::process::Pid> {
        rustix::process::Pid::from_raw(self.id.try_into().ok()?)
    }

    /// Asks it to end, or kills its group. It may have ended.
    fn end(self) {
        use rustix::process::{Signal, kill_process, kill_process_group};
        if let Some(pid) = self.pid() {
            let _ = if self.is_group {
                kill_process_group(pid, Signal::KILL)
            } else {
                kill_process(pid, Signal::TERM)
            };
        }
    }

    /// Waits until it has ended, or kills it.
    fn wait(self, deadline: Instant) {
        use rustix::process::{Signal, WaitId, WaitIdOptions, kill_process, waitid};
        let Some(pid) = self.pid() else { return };
        // Its status is left to whoever started it.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        while matches!(waitid(WaitId::Pid(pid), options), Ok(None)) {
            if Instant::now() > deadline {
                let _ = kill_process(pid, Signal::KILL);
                return;
            }
            thread::sleep(POLL_INTERVAL);
        }
    }
}

/// Where there are no signals, Ctrl-C ends the programs of the console too.
#[cfg(not(unix))]
impl Program {
    fn end(self) {}

    fn wait(self, _: Instant) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_do_not_name_files_that_were_never_there() {
        let error = TempFolder::new_in("x-", Path::new("/nowhere")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(!error.to_string().contains("/nowhere"), "{error}");
    }
}
