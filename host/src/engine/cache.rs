//! Compiled functions on disk, so that a guest which was compiled once is loaded in a fraction of the
//! time.
//!
//! What the engine compiles of a function depends on that function, on the engine's version and on its
//! settings, all of which are in the key that it gives; so an entry never gets old. An entry is a file
//! whose name is the digest of its key, and which begins with a digest of the key and the code: one
//! that was cut off, or changed, or belongs to another key, is thrown away and not used.
//!
//! The digest guards against accidents, not against people: who can write to the folder can have code
//! run by the host. So the folder is made for its owner alone, and one that others can write to is
//! refused.

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest as _, Sha256};
use wasmtime::CacheStore;

/// How long a digest is, in bytes.
const DIGEST: usize = 32;

/// A folder of compiled functions.
#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
    /// For names of files that are being written.
    count: AtomicUsize,
}

impl Cache {
    /// The cache in this folder, which is made if need be.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        private(folder)?;
        Ok(Self { folder: folder.to_owned(), count: AtomicUsize::new(0) })
    }

    fn path(&self, key: &[u8]) -> PathBuf {
        let name: String = Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(name)
    }

    fn write(&self, key: &[u8], code: &[u8]) -> io::Result<()> {
        let path = self.path(key);
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let fresh = path.with_extension(format!("{}-{number}", std::process::id()));
        let mut entry = digest(key, code).to_vec();
        entry.extend_from_slice(code);
        let written = fs::write(&fresh, entry).and_then(|()| fs::rename(&fresh, &path));
        if written.is_err() {
            let _ = fs::remove_file(&fresh);
        }
        written
    }
}

impl CacheStore for Cache {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        let path = self.path(key);
        let mut entry = fs::read(&path).ok()?;
        let is_good = entry
            .split_first_chunk::<DIGEST>()
            .is_some_and(|(found, code)| *found == digest(key, code));
        if !is_good {
            let _ = fs::remove_file(&path);
            return None;
        }
        entry.drain(..DIGEST);
        Some(entry.into())
    }

    fn insert(&self, key: &[u8], code: Vec<u8>) -> bool {
        self.write(key, &code).is_ok()
    }
}

fn digest(key: &[u8], code: &[u8]) -> [u8; DIGEST] {
    let mut digest = Sha256::new();
    digest.update((key.len() as u64).to_le_bytes());
    digest.update(key);
    digest.update(code);
    digest.finalize().into()
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

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).expect("the folder is there");
        entries.map(|entry| entry.expect("an entry").path()).collect()
    }

    #[test]
    fn what_was_kept_is_found_by_its_key_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::open(folder.path()).expect("it opens");
        assert_eq!(cache.get(b"key"), None);
        assert!(cache.insert(b"key", b"code".to_vec()));
        assert_eq!(cache.get(b"key").as_deref(), Some(&b"code"[..]));
        assert_eq!(cache.get(b"other"), None);
        assert_eq!(files(folder.path()).len(), 1, "nothing is left lying about");
    }

    #[test]
    fn a_damaged_entry_is_thrown_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::open(folder.path()).expect("it opens");
        let damages: [fn(&mut Vec<u8>); 4] = [
            |bytes| bytes[40] ^= 1,
            |bytes| bytes[0] ^= 1,
            |bytes| bytes.truncate(35),
            |bytes| bytes.clear(),
        ];
        for damage in damages {
            assert!(cache.insert(b"key", vec![7; 100]));
            let file = files(folder.path()).remove(0);
            let mut bytes = fs::read(&file).expect("it is there");
            damage(&mut bytes);
            fs::write(&file, bytes).expect("it can be written");
            assert_eq!(cache.get(b"key"), None);
            assert_eq!(files(folder.path()).len(), 0);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_can_write_to_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).expect("ours");
        let error = Cache::open(folder.path()).expect_err("it is refused");
        assert!(error.to_string().contains("chmod go-w"), "{error}");
    }
}
