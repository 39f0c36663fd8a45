//! Buffers that are filled from the front.

use super::abi::{BodyRead, read_body};
use super::types::Message;
use super::uninit::{UninitSlice, assume_init, written};

/// A buffer that is filled from the front: by reads of a body, or byte by byte.
pub(crate) struct Cursor<'b> {
    slice: &'b mut UninitSlice,
    /// How many bytes are initialised, from the front; never more than the slice has.
    len: usize,
}

impl<'b> Cursor<'b> {
    /// An empty cursor over a buffer.
    #[inline]
    pub(crate) const fn new(slice: &'b mut UninitSlice) -> Self {
        Self { slice, len: 0 }
    }

    /// Reads as many bytes of a body as the buffer still takes, and gives back what the host says.
    /// `None` where it takes none, as hosts trap on that.
    #[inline]
    pub(crate) fn read(&mut self, message: Message) -> Option<BodyRead> {
        // SAFETY: `len` is within the slice.
        let rest = unsafe { self.slice.get_unchecked_mut(self.len..) };
        if rest.is_empty() {
            return None;
        }
        let result = read_body(message, rest);
        // SAFETY: the host has written what it reports. One that reports more bytes than fit has
        // written none that could be trusted.
        self.len += unsafe { written(rest, result.len()) }.map_or(0, |bytes| bytes.len());
        Some(result)
    }

    /// The bytes that are filled.
    #[inline]
    pub(super) fn filled(&mut self) -> &mut [u8] {
        // SAFETY: the first `len` bytes are within the slice and initialised.
        unsafe { assume_init(self.slice.get_unchecked_mut(..self.len)) }
    }

    /// Empties the buffer and gives back what was in it.
    #[inline]
    pub(super) fn take(&mut self) -> &[u8] {
        let len = core::mem::take(&mut self.len);
        // SAFETY: the first `len` bytes are within the slice and initialised.
        unsafe { assume_init(self.slice.get_unchecked_mut(..len)) }
    }

    /// Drops the first `count` bytes, which have to be there, and moves the rest to the front.
    #[inline]
    pub(super) fn drop_front(&mut self, count: usize) {
        let filled = self.filled();
        let len = filled.len();
        let kept = filled.split_at(count).1.len();
        for index in 0..kept {
            filled[index] = filled[len - kept + index];
        }
        self.len = kept;
    }

    /// Whether nothing is filled.
    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends a byte, where it fits.
    #[inline]
    pub(crate) fn push(&mut self, byte: u8) {
        if let Some(slot) = self.slice.get_mut(self.len) {
            slot.write(byte);
            self.len += 1;
        }
    }

    /// The bytes that are filled, for as long as the buffer is lent.
    #[inline]
    pub(crate) fn into_bytes(self) -> &'b mut [u8] {
        // SAFETY: the first `len` bytes are within the slice and initialised.
        unsafe { assume_init(self.slice.get_unchecked_mut(..self.len)) }
    }
}
