//! Granted folders, and what the guest has opened in them: all of it for reading only.
//!
//! Paths are resolved by `cap-std`, so that neither `..` nor a symbolic link leads out of a folder.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::Arc;

use cap_std::fs::{Dir, File, FileType, Metadata, OpenOptions};

use super::errno;
use super::grants::Granted;
use http_wasm_model::exchange::{LinearMemory, Memory};

/// The most that is read or written at once; a guest that wants more calls again.
pub(super) const MAX_IO_LEN: u32 = 1 << 20;
/// The number of the first granted folder.
const FIRST: u64 = 3;
/// The most that a guest has open at once.
const MAX_OPEN: usize = 64;

/// What a guest may do with a folder, in WASI's bits, and with what is in it: read, seek, tell, open,
/// list, read links, ask for attributes.
const RIGHTS: u64 = 1 << 1 | 1 << 2 | 1 << 5 | 1 << 13 | 1 << 14 | 1 << 15 | 1 << 18 | 1 << 21;
/// To write is not among them.
const WRITE_RIGHT: u64 = 1 << 6;
/// Flags of `path_open` that create or shorten a file.
const CHANGING_FLAGS: u64 = 1 | 4 | 8;
/// The type of stdin, stdout and stderr.
const CHARACTER_DEVICE: u8 = 2;
/// The flag of `path_open` that wants a folder.
const FOLDER_FLAG: u64 = 2;

/// What a guest has open.
#[derive(Debug, Default)]
pub(in crate::engine) struct Files {
    granted: Arc<Granted>,
    opened: Vec<Option<Opened>>,
}

#[derive(Debug)]
enum Opened {
    Folder(Dir),
    File(File),
}

impl Files {
    pub(in crate::engine) fn new(granted: Arc<Granted>) -> Self {
        Self { granted, opened: Vec::new() }
    }

    pub(super) fn environment(&self) -> &[Vec<u8>] {
        &self.granted.environment
    }

    fn folder(&self, fd: u64) -> Result<&Dir, u32> {
        let index =
            usize::try_from(fd.checked_sub(FIRST).ok_or(errno::BADF)?).unwrap_or(usize::MAX);
        if let Some((_, folder)) = self.granted.folders.get(index) {
            return Ok(folder);
        }
        match self.opened.get(index - self.granted.folders.len()) {
            Some(Some(Opened::Folder(folder))) => Ok(folder),
            Some(Some(Opened::File(_))) => Err(errno::NOTDIR),
            _ => Err(errno::BADF),
        }
    }

    fn slot(&mut self, fd: u64) -> Result<&mut Option<Opened>, u32> {
        let first = FIRST + self.granted.folders.len() as u64;
        let index =
            usize::try_from(fd.checked_sub(first).ok_or(errno::BADF)?).unwrap_or(usize::MAX);
        self.opened.get_mut(index).filter(|slot| slot.is_some()).ok_or(errno::BADF)
    }

    fn file(&mut self, fd: u64) -> Result<&mut File, u32> {
        if self.folder(fd).is_ok() {
            return Err(errno::ISDIR);
        }
        match self.slot(fd)? {
            Some(Opened::File(file)) => Ok(file),
            _ => Err(errno::BADF),
        }
    }

    pub(super) fn is_open(&self, fd: u64) -> bool {
        let first = FIRST + self.granted.folders.len() as u64;
        let index = fd.checked_sub(first).and_then(|index| usize::try_from(index).ok());
        index.and_then(|index| self.opened.get(index)).is_some_and(Option::is_some)
    }

    fn metadata(&mut self, fd: u64) -> Result<Metadata, u32> {
        match self.folder(fd) {
            Ok(folder) => folder.dir_metadata(),
            Err(_) => self.file(fd)?.metadata(),
        }
        .map_err(number)
    }

    /// What a function does that has to do with files; `None` where it is none.
    pub(super) fn call(
        &mut self,
        name: &str,
        args: &[u64],
        memory: &mut LinearMemory<'_>,
    ) -> Option<Result<u32, u32>> {
        Some(match (name, args) {
            ("fd_prestat_get", &[fd, at]) => self.prestat(fd).and_then(|name| {
                put(memory, at, &[[0; 4], (name.len() as u32).to_le_bytes()].concat())
            }),
            ("fd_prestat_dir_name", &[fd, at, len]) => self.prestat(fd).and_then(|name| {
                if (name.len() as u64) > len {
                    return Err(errno::NAMETOOLONG);
                }
                put(memory, at, name.as_bytes())
            }),
            ("fd_fdstat_get", &[fd, at]) => {
                self.metadata(fd).and_then(|found| put(memory, at, &fdstat(found.file_type())))
            }
            ("fd_filestat_get", &[fd, at]) => {
                self.metadata(fd).and_then(|found| put(memory, at, &filestat(&found)))
            }
            ("fd_advise" | "fd_datasync" | "fd_fdstat_set_flags" | "fd_sync", [fd, ..])
                if self.metadata(*fd).is_ok() =>
            {
                Ok(errno::SUCCESS)
            }
            ("fd_close", &[fd]) => self.slot(fd).map(|slot| {
                *slot = None;
                errno::SUCCESS
            }),
            ("fd_read", &[fd, list, count, at]) => {
                self.file(fd).and_then(|file| read(file, list, count, at, memory))
            }
            ("fd_pread", &[fd, list, count, offset, at]) => self.file(fd).and_then(|file| {
                let before = file.stream_position().map_err(number)?;
                file.seek(SeekFrom::Start(offset)).map_err(number)?;
                let result = read(file, list, count, at, memory);
                file.seek(SeekFrom::Start(before)).map_err(number)?;
                result
            }),
            ("fd_seek", &[fd, offset, whence, at]) => self.file(fd).and_then(|file| {
                let to = match whence {
                    0 => SeekFrom::Start(offset),
                    1 => SeekFrom::Current(offset.cast_signed()),
                    2 => SeekFrom::End(offset.cast_signed()),
                    _ => return Err(errno::INVAL),
                };
                let position = file.seek(to).map_err(number)?;
                put(memory, at, &position.to_le_bytes())
            }),
            ("fd_tell", &[fd, at]) => self.file(fd).and_then(|file| {
                let position = file.stream_position().map_err(number)?;
                put(memory, at, &position.to_le_bytes())
            }),
            ("fd_readdir", &[fd, at, len, cookie, used]) => self
                .folder(fd)
                .and_then(|folder| list_folder(folder, at, len, cookie, used, memory)),
            ("path_filestat_get", &[fd, follow, path, len, at]) => {
                self.folder(fd).and_then(|folder| {
                    let path = text(memory, path, len)?;
                    let found = if follow & 1 == 1 {
                        folder.metadata(path)
                    } else {
                        folder.symlink_metadata(path)
                    };
                    let found = found.map_err(number)?;
                    put(memory, at, &filestat(&found))
                })
            }
            ("path_readlink", &[fd, path, len, at, room, used]) => {
                self.folder(fd).and_then(|folder| {
                    let path = text(memory, path, len)?;
                    let target = folder.read_link(path).map_err(number)?;
                    let target = target.to_str().ok_or(errno::INVAL)?.as_bytes();
                    let cut = &target[..target.len().min(room as usize)];
                    put(memory, at, cut)?;
                    put(memory, used, &(cut.len() as u32).to_le_bytes())
                })
            }
            ("path_open", &[fd, _, path, len, flags, rights, _, _, at]) => {
                self.open(fd, (path, len), flags, rights, at, memory)
            }
            (
                "path_create_directory"
                | "path_filestat_set_times"
                | "path_link"
                | "path_remove_directory"
                | "path_rename"
                | "path_symlink"
                | "path_unlink_file",
                _,
            ) if !self.granted.folders.is_empty() => Err(errno::ROFS),
            _ => return None,
        })
    }

    fn prestat(&self, fd: u64) -> Result<&str, u32> {
        let index = fd.checked_sub(FIRST).and_then(|index| usize::try_from(index).ok());
        let folder = index.and_then(|index| self.granted.folders.get(index));
        folder.map(|(name, _)| name.as_str()).ok_or(errno::BADF)
    }

    fn open(
        &mut self,
        fd: u64,
        (path, len): (u64, u64),
        flags: u64,
        rights: u64,
        at: u64,
        memory: &mut LinearMemory<'_>,
    ) -> Result<u32, u32> {
        let folder = self.folder(fd)?;
        if flags & CHANGING_FLAGS != 0 || rights & WRITE_RIGHT != 0 {
            return Err(errno::ROFS);
        }
        let path = text(memory, path, len)?;
        let is_folder = folder.metadata(&path).map_err(number)?.is_dir();
        let opened = if is_folder {
            Opened::Folder(folder.open_dir(&path).map_err(number)?)
        } else if flags & FOLDER_FLAG != 0 {
            return Err(errno::NOTDIR);
        } else {
            let options = OpenOptions::new().read(true).clone();
            Opened::File(folder.open_with(&path, &options).map_err(number)?)
        };
        let free = self.opened.iter().position(Option::is_none);
        let index = match free {
            Some(free) => free,
            None if self.opened.len() < MAX_OPEN => {
                self.opened.push(None);
                self.opened.len() - 1
            }
            None => return Err(errno::MFILE),
        };
        self.opened[index] = Some(opened);
        let fd = FIRST + (self.granted.folders.len() + index) as u64;
        put(memory, at, &(fd as u32).to_le_bytes())
    }
}

/// What a function of files does with stdin, stdout or stderr: character devices that nobody can seek in.
/// Reading and writing them is not done here.
pub(super) fn standard_stream(
    name: &str,
    args: &[u64],
    memory: &mut LinearMemory<'_>,
) -> Result<u32, u32> {
    match name {
        "fd_fdstat_get" => {
            // Without any rights.
            let mut stat = [0; 24];
            stat[0] = CHARACTER_DEVICE;
            put(memory, args[1], &stat)
        }
        "fd_filestat_get" => {
            let mut stat = [0; 64];
            stat[16] = CHARACTER_DEVICE;
            stat[24] = 1;
            put(memory, args[1], &stat)
        }
        // Whoever asks for these wants what is the case: nothing blocks, and nothing is kept back.
        "fd_advise" | "fd_close" | "fd_datasync" | "fd_fdstat_set_flags" | "fd_sync" => {
            Ok(errno::SUCCESS)
        }
        "fd_pread" | "fd_pwrite" | "fd_seek" | "fd_tell" => Err(errno::SPIPE),
        _ => Err(errno::BADF),
    }
}

fn put(memory: &mut LinearMemory<'_>, at: u64, bytes: &[u8]) -> Result<u32, u32> {
    if memory.write(at, bytes) { Ok(errno::SUCCESS) } else { Err(errno::FAULT) }
}

fn text(memory: &LinearMemory<'_>, path: u64, len: u64) -> Result<String, u32> {
    let len = u32::try_from(len).map_err(|_| errno::FAULT)?;
    let bytes = memory.read(path, len).ok_or(errno::FAULT)?;
    let path = std::str::from_utf8(bytes).map_err(|_| errno::ILSEQ)?;
    // Nothing is absolute in here.
    let path = path.trim_start_matches('/');
    Ok(if path.is_empty() { "." } else { path }.to_owned())
}

/// Fills a list of buffers, and writes at `at` how many bytes there were.
fn read(
    file: &mut File,
    list: u64,
    count: u64,
    at: u64,
    memory: &mut LinearMemory<'_>,
) -> Result<u32, u32> {
    let mut total = 0_u32;
    for index in 0..count {
        let (ptr, len) = words(memory, list + 8 * index)?;
        let len = len.min(MAX_IO_LEN - total);
        if total == MAX_IO_LEN {
            break;
        }
        if len == 0 {
            continue;
        }
        let start = ptr as usize;
        let room = memory.0.get_mut(start..start + len as usize).ok_or(errno::FAULT)?;
        let got = file.read(room).map_err(number)?;
        total += got as u32;
        if got < len as usize {
            break;
        }
    }
    put(memory, at, &total.to_le_bytes())
}

/// Two numbers that lie one after the other, such as pointer and length of a buffer.
pub(super) fn words(memory: &LinearMemory<'_>, at: u64) -> Result<(u32, u32), u32> {
    let word = |at: u64| {
        let bytes = memory.read(at, 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u32::from_le_bytes).ok_or(errno::FAULT)
    };
    Ok((word(at)?, word(at + 4)?))
}

/// Writes entries of a folder from the one that `cookie` counts to, as far as there is room; the last
/// may be cut, as WASI wants it.
fn list_folder(
    folder: &Dir,
    at: u64,
    room: u64,
    cookie: u64,
    used: u64,
    memory: &mut LinearMemory<'_>,
) -> Result<u32, u32> {
    let mut names = Vec::new();
    for entry in folder.entries().map_err(number)? {
        let entry = entry.map_err(number)?;
        let kind = entry.file_type().map_err(number)?;
        names.push((entry.file_name().to_string_lossy().into_owned(), kind));
    }
    names.sort_by(|(a, _), (b, _)| a.cmp(b));
    let room = usize::try_from(room).map_err(|_| errno::FAULT)?;
    let skip = usize::try_from(cookie).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    for (index, (name, kind)) in names.iter().enumerate().skip(skip) {
        bytes.extend_from_slice(&(index as u64 + 1).to_le_bytes());
        bytes.extend_from_slice(&0_u64.to_le_bytes());
        bytes.extend_from_slice(&(name.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&[file_type(*kind), 0, 0, 0]);
        bytes.extend_from_slice(name.as_bytes());
        if bytes.len() >= room {
            break;
        }
    }
    bytes.truncate(room);
    put(memory, at, &bytes)?;
    put(memory, used, &(bytes.len() as u32).to_le_bytes())
}

fn file_type(kind: FileType) -> u8 {
    match kind {
        kind if kind.is_dir() => 3,
        kind if kind.is_file() => 4,
        kind if kind.is_symlink() => 7,
        _ => 0,
    }
}

fn fdstat(kind: FileType) -> [u8; 24] {
    let mut stat = [0; 24];
    stat[0] = file_type(kind);
    stat[8..16].copy_from_slice(&RIGHTS.to_le_bytes());
    stat[16..].copy_from_slice(&RIGHTS.to_le_bytes());
    stat
}

/// Type, size and times; what would tell of the machine is 0.
fn filestat(found: &Metadata) -> [u8; 64] {
    let mut stat = [0; 64];
    stat[16] = file_type(found.file_type());
    stat[24] = 1;
    stat[32..40].copy_from_slice(&found.len().to_le_bytes());
    let modified = found.modified().ok().and_then(|time| {
        let since = time.into_std().duration_since(std::time::UNIX_EPOCH).ok()?;
        u64::try_from(since.as_nanos()).ok()
    });
    for place in [40, 48, 56] {
        stat[place..place + 8].copy_from_slice(&modified.unwrap_or_default().to_le_bytes());
    }
    stat
}

/// The error number of an error. What leads out of a folder is not permitted.
fn number(error: std::io::Error) -> u32 {
    match error.kind() {
        std::io::ErrorKind::NotFound => errno::NOENT,
        std::io::ErrorKind::PermissionDenied => errno::PERM,
        std::io::ErrorKind::NotADirectory => errno::NOTDIR,
        std::io::ErrorKind::IsADirectory => errno::ISDIR,
        std::io::ErrorKind::InvalidInput => errno::INVAL,
        _ => errno::IO,
    }
}
