//! One installation of a tool at a time, however many processes want it.

use std::fs::File;
use std::io;
use std::path::Path;

/// Holds the right to change a tool; given back when this is dropped, and when the process ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// Waits for the right to change the tool of this name below `tools`, which is made if need be.
///
/// # Errors
/// When the folder or the lock cannot be had.
pub(super) fn lock(tools: &Path, name: &str) -> io::Result<Lock> {
    std::fs::create_dir_all(tools)?;
    let file = File::create(tools.join(format!(".{name}.lock")))?;
    file.lock()?;
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
