//! Reading whole bodies over single reads, for every ABI.

use super::abi::write_body;
use super::cursor::Cursor;
use super::types::Message;
use super::uninit::{UninitSlice, assume_init};

/// How reading a whole body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadStatus {
    /// All of it was read.
    Complete = 0,
    /// The buffer is too small for it.
    BufferTooSmall = 1,
    /// The host gave neither more nor the end.
    Stalled = 2,
}

/// Reads a whole body, and gives back all of it or what was read last.
///
/// With `write_back`, which is for request bodies, what the buffer is too small for is written back on
/// the way, so that the caller can have all of it reach the next handler by writing what is given back.
/// Only a read that finds nothing tells that there is no more, so a body has to be shorter than the
/// buffer. `empty_reads` is how many reads may give nothing, and no end, before the body has stalled.
#[inline(always)]
pub(crate) fn read_whole(
    message: Message,
    empty_reads: u32,
    write_back: bool,
    buffer: &mut UninitSlice,
) -> (ReadStatus, &mut [u8]) {
    let result = fill_whole(message, empty_reads, write_back, buffer);
    let status = match result >> 32 {
        0 => ReadStatus::Complete,
        1 => ReadStatus::BufferTooSmall,
        _ => ReadStatus::Stalled,
    };
    // SAFETY: `fill_whole` has filled as many bytes of `buffer` as it says, from the front.
    (status, unsafe { assume_init(buffer.get_unchecked_mut(..result as u32 as usize)) })
}

/// Gives a [`ReadStatus`] in the high word, and in the low one how many bytes are filled. Out of line,
/// and numbers for a result: that is worth 500 bytes to a guest that reads two bodies.
#[inline(never)]
fn fill_whole(
    message: Message,
    mut empty_reads: u32,
    write_back: bool,
    buffer: &mut UninitSlice,
) -> u64 {
    let mut status = ReadStatus::Complete;
    let mut cursor = Cursor::new(buffer);
    loop {
        let Some(read) = cursor.read(message) else {
            status = ReadStatus::BufferTooSmall;
            if cursor.is_empty() || !write_back {
                break;
            }
            write_body(message, cursor.take());
            continue;
        };
        if read.is_end() {
            break;
        }
        empty_reads -= u32::from(read.is_stalled());
        if empty_reads == 0 {
            status = ReadStatus::Stalled;
            break;
        }
    }
    (status as u64) << 32 | cursor.filled().len() as u64
}

/// Passes a body through `change`, in place and piece by piece; each piece begins with the last
/// `overlap` bytes of the one before. With `at_once` there is one piece, the whole body, and nothing is
/// written where the buffer is too small for that.
///
/// A buffer that takes no more than the overlap is too small.
///
/// Out of line, for both bodies of a guest.
#[inline(never)]
pub(crate) fn map_overlapping<F: FnMut(&mut [u8])>(
    message: Message,
    mut empty_reads: u32,
    at_once: bool,
    overlap: usize,
    buffer: &mut UninitSlice,
    change: &mut F,
) -> ReadStatus {
    let mut cursor = Cursor::new(buffer);
    while empty_reads != 0 {
        let Some(read) = cursor.read(message) else { return ReadStatus::BufferTooSmall };
        empty_reads -= u32::from(read.is_stalled());
        if at_once && !read.is_end() {
            continue;
        }
        let piece = cursor.filled();
        change(piece);
        if read.is_end() {
            write_body(message, piece);
            return ReadStatus::Complete;
        }
        let done = piece.len().saturating_sub(overlap);
        write_body(message, piece.split_at(done).0);
        cursor.drop_front(done);
    }
    ReadStatus::Stalled
}
