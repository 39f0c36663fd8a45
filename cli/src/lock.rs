//! A lock between processes, so that one of them installs a tool, or builds a guest, at a time.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use crate::ui;

/// The exclusive right to change a file; released on drop and at the end of the process.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// Waits for the lock of this name in a folder, which is created if it is missing.
///
/// # Errors
/// When the folder or the lock file cannot be created.
pub(crate) fn lock(folder: &Path, name: &str) -> io::Result<Lock> {
    std::fs::create_dir_all(folder)?;
    let file = File::create(folder.join(format!(".{name}.lock")))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            ui::step("Blocking", format_args!("until another process is done with {name}"));
            file.lock()?;
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    Ok(Lock { _file: file })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn the_second_waits_for_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let tools = folder.path().join("tools");
        let first = lock(&tools, "x").unwrap();
        let other = lock(&tools, "y").unwrap();
        let released = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let second = scope.spawn(|| {
                let _second = lock(&tools, "x").unwrap();
                released.load(Ordering::SeqCst)
            });
            std::thread::sleep(std::time::Duration::from_millis(50));
            released.store(true, Ordering::SeqCst);
            drop((first, other));
            assert!(second.join().unwrap());
        });
    }
}
