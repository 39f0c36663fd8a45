//! Reading bodies, for requests and responses.

use super::error::{BodyError, EMPTY_READS, result};
use super::writer::BodyWriter;
use crate::backend::{self, Cursor, Message};
use crate::buffer::{ReadBuffer, SealedToken};

/// Tracks how far a body has been read and written during a hook.
#[derive(Debug)]
pub(crate) struct Reader {
    message: Message,
    /// Whether the body was read or written.
    used: bool,
    /// Whether a response body was written: reading does not change it.
    written: bool,
    /// How many reads may still give nothing; also 0 when the body has ended, so that one number is
    /// checked: a second costs every guest that reads a dozen bytes.
    empty_reads: u32,
    /// Whether the body was read to its end.
    pub(super) ended: bool,
    /// Whether the host keeps the body whatever is read of it, and of several writes only the last: it is
    /// written once as a whole, or not at all.
    pub(super) keeps_last_write: bool,
    /// Whether bytes of a request body were read and not written back.
    consumed: bool,
}

impl Reader {
    #[inline]
    pub(crate) const fn new(message: Message, keeps_last_write: bool) -> Self {
        Self {
            message,
            used: false,
            written: false,
            empty_reads: EMPTY_READS,
            ended: false,
            keeps_last_write,
            consumed: false,
        }
    }

    #[inline]
    pub(crate) const fn of_request(keeps_last_write: bool) -> Self {
        Self::new(Message::Request, keeps_last_write)
    }

    #[inline]
    pub(crate) const fn has_consumed(&self) -> bool {
        self.consumed
    }

    /// Claims the whole body: an error where it was read or written before.
    #[inline]
    pub(super) fn claim(&mut self) -> Result<(), BodyError> {
        if core::mem::replace(&mut self.used, true) {
            Err(BodyError::AlreadyConsumed)
        } else {
            Ok(())
        }
    }

    /// An error where the body cannot be written in pieces.
    #[inline]
    pub(super) fn check_pieces(&self) -> Result<(), BodyError> {
        if self.keeps_last_write { Err(BodyError::PartialWriteUnsupported) } else { Ok(()) }
    }

    /// Claims the writing of the body: an error where it was written before.
    #[inline]
    pub(crate) fn claim_write(&mut self) -> Result<(), BodyError> {
        if core::mem::replace(&mut self.written, true) {
            Err(BodyError::AlreadyConsumed)
        } else {
            Ok(())
        }
    }

    /// An error where the body was read to its end or replaced.
    #[inline]
    pub(super) fn check_readable(&self) -> Result<(), BodyError> {
        if self.empty_reads == 0 { Err(BodyError::AlreadyConsumed) } else { Ok(()) }
    }

    /// Ends reading: later reads would give what the guest wrote, or nothing.
    #[inline]
    pub(crate) fn close(&mut self, ended: bool) {
        self.used = true;
        self.empty_reads = 0;
        self.ended = ended;
    }

    /// Reads once. `None` at the end, when the host has stalled, and for an empty buffer, on which a
    /// host would trap.
    #[inline]
    pub(super) fn read<'b>(
        &mut self,
        buffer: &'b mut (impl ReadBuffer + ?Sized),
    ) -> Option<&'b mut [u8]> {
        if self.empty_reads == 0 {
            return None;
        }
        let mut cursor = Cursor::new(buffer.lend(SealedToken));
        self.step(&mut cursor)?;
        Some(cursor.into_bytes())
    }

    /// Reads once, behind what was read before; `None` where the buffer is full.
    #[inline]
    fn step(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        self.used = true;
        let read = cursor.read(self.message)?;
        self.ended = read.is_end();
        self.empty_reads =
            if self.ended { 0 } else { self.empty_reads - u32::from(read.is_stalled()) };
        Some(())
    }

    /// Reads once, for a caller that does not write back.
    #[inline]
    pub(super) fn consume<'b>(
        &mut self,
        buffer: &'b mut (impl ReadBuffer + ?Sized),
    ) -> Option<&'b mut [u8]> {
        let bytes = self.read(buffer)?;
        self.consumed |= !bytes.is_empty();
        Some(bytes)
    }

    /// Calls `see` with the rest of the body, chunk by chunk.
    #[inline]
    pub(super) fn each(
        &mut self,
        buffer: &mut (impl ReadBuffer + ?Sized),
        mut see: impl FnMut(&mut [u8]),
    ) -> Result<(), BodyError> {
        while let Some(chunk) = self.read(buffer) {
            see(chunk);
        }
        if self.ended { Ok(()) } else { Err(BodyError::Stalled) }
    }

    /// Calls `change` with the rest of the body, chunk by chunk; it writes the replacement.
    #[inline]
    pub(super) fn transform(
        &mut self,
        buffer: &mut (impl ReadBuffer + ?Sized),
        mut writer: BodyWriter<'_>,
        mut change: impl FnMut(&mut [u8], &mut BodyWriter<'_>),
    ) -> Result<(), BodyError> {
        let mut replaced = false;
        self.each(buffer, |chunk| {
            if !core::mem::replace(&mut replaced, true) {
                // An empty write, which stands if nothing else is written. Not before the first read, as
                // hosts let a guest read what it has written.
                writer.write([]);
            }
            change(chunk, &mut writer);
        })
    }

    /// Reads to the end of the body, and drops what was read.
    #[inline]
    pub(super) fn drain(
        &mut self,
        buffer: &mut (impl ReadBuffer + ?Sized),
    ) -> Result<(), BodyError> {
        let buffer = buffer.lend(SealedToken);
        if self.empty_reads != 0 {
            // Checked at the end of the loop, which saves bytes.
            loop {
                let mut cursor = Cursor::new(buffer);
                if self.step(&mut cursor).is_none() {
                    break;
                }
                self.consumed |= !cursor.is_empty();
                if self.empty_reads == 0 {
                    break;
                }
            }
        }
        if self.ended { Ok(()) } else { Err(BodyError::Stalled) }
    }
}

/// Reads a whole body, or as much of it as there was; see [`backend::read_whole`].
#[inline(always)]
pub(super) fn read_whole(
    message: Message,
    write_back: bool,
    buffer: &mut (impl ReadBuffer + ?Sized),
) -> (Result<(), BodyError>, &mut [u8]) {
    let buffer = buffer.lend(SealedToken);
    let (status, bytes) = backend::read_whole(message, EMPTY_READS, write_back, buffer);
    (result(status), bytes)
}
