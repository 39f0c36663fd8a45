//! Reading bodies: what both sides have in common.

use super::error::{BodyError, EMPTY_READS, result};
use super::writer::BodyWriter;
use crate::backend::{self, Cursor, Message};
use crate::buffer::{ReadBuffer, SealedToken};

/// How far a body has been read and written during a hook.
#[derive(Debug)]
pub(crate) struct Reader {
    message: Message,
    /// Whether the body was read or written.
    used: bool,
    /// Whether a response's body was written: reading it leaves it as it is.
    written: bool,
    /// How many reads may still give nothing; 0 as well when the body has ended, so that there is one
    /// number to look at: a second costs every guest that reads a dozen bytes.
    empty_reads: u32,
    /// Whether the body was read to its end.
    pub(super) ended: bool,
    /// Whether the host keeps the body, of a request, whatever is read of it, and of several writes
    /// only the last: it is written once as a whole, or not at all.
    pub(super) keeps_last_write: bool,
    /// Whether bytes of a request's body were read that are not written back.
    consumed: bool,
}

impl Reader {
    #[inline]
    pub(crate) const fn new(message: Message) -> Self {
        Self {
            message,
            used: false,
            written: false,
            empty_reads: EMPTY_READS,
            ended: false,
            keeps_last_write: false,
            consumed: false,
        }
    }

    #[inline]
    pub(crate) const fn of_request(keeps_last_write: bool) -> Self {
        Self { keeps_last_write, ..Self::new(Message::Request) }
    }

    #[inline]
    pub(crate) const fn has_consumed(&self) -> bool {
        self.consumed
    }

    /// For what needs the whole body.
    #[inline]
    pub(super) fn claim(&mut self) -> Result<(), BodyError> {
        if core::mem::replace(&mut self.used, true) {
            Err(BodyError::AlreadyConsumed)
        } else {
            Ok(())
        }
    }

    /// For what writes a body that was not written yet.
    #[inline]
    pub(crate) fn claim_write(&mut self) -> Result<(), BodyError> {
        if core::mem::replace(&mut self.written, true) {
            Err(BodyError::AlreadyConsumed)
        } else {
            Ok(())
        }
    }

    /// For what reads the body to its end.
    #[inline]
    pub(super) fn check_readable(&self) -> Result<(), BodyError> {
        if self.empty_reads == 0 { Err(BodyError::AlreadyConsumed) } else { Ok(()) }
    }

    /// Ends reading: what the host would give after this is what the guest wrote, or nothing.
    #[inline]
    pub(crate) fn close(&mut self, ended: bool) {
        self.used = true;
        self.empty_reads = 0;
        self.ended = ended;
    }

    /// One read. `None` at the end, when the host has stalled, and for an empty buffer, on which a
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

    /// One read behind what was read before; `None` where there is no room.
    #[inline]
    fn step(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        self.used = true;
        let read = cursor.read(self.message)?;
        self.ended = read.is_end();
        self.empty_reads =
            if self.ended { 0 } else { self.empty_reads - u32::from(read.is_stalled()) };
        Some(())
    }

    /// One read of what is not written back.
    #[inline]
    pub(super) fn consume<'b>(
        &mut self,
        buffer: &'b mut (impl ReadBuffer + ?Sized),
    ) -> Option<&'b mut [u8]> {
        let bytes = self.read(buffer)?;
        self.consumed |= !bytes.is_empty();
        Some(bytes)
    }

    /// Hands what is left of the body to `see`, chunk by chunk.
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

    /// Hands what is left of the body to `change`, which writes what is to stand in its place.
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
                // Nothing, where nothing else is written. And not before the first read, as hosts
                // give a guest that reads what it has written before.
                writer.write([]);
            }
            change(chunk, &mut writer);
        })
    }

    /// Reads until the body ends, and keeps nothing.
    #[inline]
    pub(super) fn drain(
        &mut self,
        buffer: &mut (impl ReadBuffer + ?Sized),
    ) -> Result<(), BodyError> {
        let buffer = buffer.lend(SealedToken);
        if self.empty_reads != 0 {
            // Asked at the end of the loop, which saves bytes.
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
