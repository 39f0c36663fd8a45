//! Compiled guests on disk, so that a guest which was compiled once is loaded in a fraction of the time.
//!
//! The cache itself is wasmtime's. What it keeps of a guest depends on the guest, on the engine's version
//! and on its settings, all of which are in its key; so an entry never gets old. When the entries are
//! more than [`MAX_BYTES`], those that were not used for longest go.
//!
//! Who can write to the folder can have code run by the host. So the folder is made for its owner
//! alone, and one that others can write to is refused.

use std::fs;
use std::io;
use std::path::Path;

use wasmtime::{Cache, CacheConfig};

/// The most bytes of all entries together, beyond which old ones are deleted.
const MAX_BYTES: u64 = 512 << 20;

/// The cache in this folder, which is made if need be.
pub(super) fn open(folder: &Path) -> io::Result<Cache> {
    prepare(folder)?;
    let mut config = CacheConfig::new();
    config.with_directory(folder.canonicalize()?).with_files_total_size_soft_limit(MAX_BYTES);
    Cache::new(config).map_err(|error| io::Error::other(format!("{error:#}")))
}

/// Whether a folder can be [`Options::cache`](super::Options::cache); it is made if need be.
#[must_use]
pub fn is_usable(folder: &Path) -> bool {
    prepare(folder).is_ok()
}

fn prepare(folder: &Path) -> io::Result<()> {
    // The second is where wasmtime writes; it would make it for the group too, where the user's mask
    // allows that.
    for folder in [folder, &folder.join("modules")] {
        create(folder)?;
        private(folder)?;
    }
    Ok(())
}

fn create(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Makes sure that nobody but the owner can write to the folder.
#[cfg(unix)]
fn private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(folder)?.permissions().mode();
    if mode & 0o022 == 0 {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        format!(
            "others can write to {} (mode {:o}), and could have code run here; `chmod go-w` it",
            folder.display(),
            mode & 0o777
        ),
    ))
}

#[cfg(not(unix))]
fn private(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_can_write_to_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let mode = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("ours");
        };
        let refused = || {
            let error = open(folder.path()).expect_err("it is refused");
            assert!(error.to_string().contains("chmod go-w"), "{error}");
        };
        mode(folder.path(), 0o777);
        refused();
        mode(folder.path(), 0o755);
        open(folder.path()).expect("it opens");
        mode(&folder.path().join("modules"), 0o775);
        refused();
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_is_made_for_its_owner() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let cache = folder.path().join("a/b");
        open(&cache).expect("it opens");
        for path in [cache.clone(), cache.join("modules")] {
            let mode = fs::metadata(path).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o077, 0);
        }
    }
}
