//! Reads files that end, and writes files in one step: whoever reads one, and whatever interrupts the
//! writing, there is the old file or the new one.

use std::io::{self, Write as _};
use std::path::Path;

use crate::cleanup::{RemovedOnSignal, without_path};

/// Reads a file. A device or a pipe is none: it may never end.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let kind = std::fs::metadata(path)?.file_type();
    if kind.is_file() || kind.is_dir() {
        // Of a folder the system says what it is.
        return std::fs::read(path);
    }
    Err(io::Error::other("it is a device or a pipe, and wanted is a file"))
}

/// Writes a file in one step; creates its folder if it is missing. A file that has these bytes already
/// is left alone, so that no host reloads it.
///
/// # Errors
/// When the file cannot be written; then it is as it was.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if std::fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    // A link stays one, and the file that it leads to is replaced.
    let path = &dunce::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|folder| *folder != "").unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there are no modes"))]
    let mut temporary = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // Temporary files are private; a guest is read by servers that run as another user.
        let usual = std::fs::Permissions::from_mode(0o644);
        let present = std::fs::metadata(path).map(|file| file.permissions());
        temporary.permissions(present.unwrap_or(usual));
    }
    let mut temporary = temporary.tempfile_in(folder).map_err(without_path)?;
    let _removed_on_signal = RemovedOnSignal::new(temporary.path());
    temporary.write_all(bytes)?;
    temporary.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_keeps_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        write(&path, b"one").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(), 0o644);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            write(&path, b"two").unwrap();
            assert_eq!(mode(), 0o600);
        }
        write(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        let left = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(left, 1, "no temporary file is left");
    }

    #[cfg(unix)]
    #[test]
    fn what_never_ends_is_no_file() {
        let error = read(Path::new("/dev/zero")).unwrap_err().to_string();
        assert_eq!(error, "it is a device or a pipe, and wanted is a file");
        assert!(read(Path::new("/")).is_err());
        assert!(
            !read(Path::new(file!()))
                .or_else(|_| read(Path::new("src/files.rs")))
                .unwrap()
                .is_empty()
        );
    }

    #[cfg(unix)]
    #[test]
    fn what_a_link_leads_to_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, "one").unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        write(&link, b"two").unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(std::fs::read(&file).unwrap(), b"two");
    }
}
