//! The body of a buffered response.

use super::error::{BodyError, EMPTY_READS, result};
use super::reader::{Reader, read_whole};
use super::writer::BodyWriter;
use crate::backend::{self, Message, Section};
use crate::buffer::{ReadBuffer, SealedToken};
use crate::header::known;

/// The body of a buffered response, after the next handler.
///
/// Reading does not change it. Writing replaces it, and removes `content-length`, which would still be
/// that of the next handler, and break the response for the client. Responses with status 204 and 304 have no body:
/// what is written to them is dropped, as hosts do with all responses to `HEAD`.
///
/// The Express host keeps only the last of several writes. There a body that is to be mapped has to fit into
/// the buffer, or it is [`BodyError::BufferTooSmall`]; and it cannot be written in pieces, which is
/// [`BodyError::PartialWriteUnsupported`]. The body stays as it was then.
///
/// ```
/// use http_wasm_sdk::prelude::*;
///
/// #[derive(Default)]
/// struct Lines;
///
/// #[handler(buffer_response)]
/// impl Lines {
///     fn request(&self, _request: &mut Request) {}
///
///     /// Ends lines as the network has it.
///     fn response(&self, _: &Request, response: &mut Response<Buffered>) -> Result<(), Error> {
///         response.body_mut().transform(&mut Buffer::<1024>::new(), |chunk, out| {
///             for line in chunk.split_inclusive(|&byte| byte == b'\n') {
///                 match line.strip_suffix(b"\n") {
///                     Some(text) => {
///                         out.write(text);
///                         out.write("\r\n");
///                     }
///                     None => out.write(line),
///                 }
///             }
///         })?;
///         Ok(())
///     }
/// }
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # let outcome = testing::run::<Lines>(&Scenario::get("/").upstream_body("a\nb\n\nc"));
/// # assert_eq!(outcome.response_text(), "a\r\nb\r\n\r\nc");
/// ```
#[derive(Debug)]
pub struct ResponseBody<'a> {
    reader: &'a mut Reader,
}

const MESSAGE: Message = Message::Response;

impl<'a> ResponseBody<'a> {
    #[inline]
    pub(crate) const fn of(reader: &'a mut Reader) -> Self {
        Self { reader }
    }

    /// Reads the next bytes of the body. ABI: `read_body`.
    ///
    /// They may be none while more is to come. `None` means that there is no more:
    /// [`is_end`](Self::is_end), or the host has given nothing [`EMPTY_READS`] times, or the
    /// buffer is empty, or the body was replaced.
    #[inline]
    pub fn read<'b>(&mut self, buffer: &'b mut (impl ReadBuffer + ?Sized)) -> Option<&'b mut [u8]> {
        self.reader.read(buffer)
    }

    /// Whether the body has been read to its end.
    #[inline]
    #[must_use]
    pub const fn is_end(&self) -> bool {
        self.reader.ended
    }

    /// Reads the rest of the body. ABI: `read_body`.
    ///
    /// # Errors
    /// Where it has as many bytes as `buffer`, or more, or the host stalls; where it was read to its
    /// end or replaced before, perhaps by another handler of a chain.
    #[inline]
    pub fn read_all<'b>(
        &mut self,
        buffer: &'b mut (impl ReadBuffer + ?Sized),
    ) -> Result<&'b mut [u8], BodyError> {
        self.reader.check_readable()?;
        let (result, bytes) = read_whole(MESSAGE, false, buffer);
        self.reader.close(result.is_ok());
        result.map(|()| bytes)
    }

    /// Reads the whole body, changes it in place, and writes it back. ABI: `read_body`,
    /// `write_body`.
    ///
    /// # Errors
    /// Where it has as many bytes as `buffer`, or more, or the host stalls, or it was used before; it is
    /// not changed then.
    #[inline]
    pub fn map_all<'b>(
        &mut self,
        buffer: &'b mut (impl ReadBuffer + ?Sized),
        change: impl FnOnce(&mut [u8]),
    ) -> Result<&'b mut [u8], BodyError> {
        self.reader.claim()?;
        let bytes = self.read_all(buffer)?;
        self.reader.claim_write()?;
        change(bytes);
        backend::write_body(MESSAGE, bytes);
        Ok(bytes)
    }

    /// Changes the body in place, piece by piece, and writes it back, however long it is.
    /// Each piece begins with the last `overlap` bytes of the one before, so that something of up to
    /// `overlap + 1` bytes is whole in one of them. ABI: `read_body`, `write_body`.
    ///
    /// # Errors
    /// Where `buffer` is not longer than the overlap, or the body was used before, or does not fit into the
    /// buffer on the Express host: it is not changed then. Where the host stalls: what came before is written back.
    #[inline]
    pub fn map_overlapping(
        &mut self,
        buffer: &mut (impl ReadBuffer + ?Sized),
        overlap: usize,
        mut change: impl FnMut(&mut [u8]),
    ) -> Result<(), BodyError> {
        let buffer = buffer.lend(SealedToken);
        if buffer.len() <= overlap {
            return Err(BodyError::Stalled);
        }
        self.reader.claim()?;
        self.reader.claim_write()?;
        let at_once = self.reader.keeps_last_write;
        let status =
            backend::map_overlapping(MESSAGE, EMPTY_READS, at_once, overlap, buffer, &mut change);
        self.reader.close(false);
        result(status)
    }

    /// Replaces the body. ABI: `write_body`, `remove_header`, `get_status_code`.
    ///
    /// # Errors
    /// Where it was replaced before.
    #[inline]
    pub fn replace(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), BodyError> {
        self.start_writing()?.write(bytes);
        self.reader.close(false);
        Ok(())
    }

    /// Replaces the body, in pieces; without a piece, by nothing. ABI: `write_body`, `remove_header`,
    /// `get_status_code`.
    ///
    /// # Errors
    /// Where it was replaced before. On the Express host, which would keep the last piece.
    #[inline]
    pub fn writer(&mut self) -> Result<BodyWriter<'_>, BodyError> {
        self.reader.check_pieces()?;
        let mut writer = self.start_writing()?;
        writer.write([]);
        self.reader.close(false);
        Ok(writer)
    }

    /// Calls `change` with each chunk of the rest of the body; what it writes is sent to the client
    /// instead. ABI: `read_body`, `write_body`, `remove_header`, `get_status_code`.
    ///
    /// # Errors
    /// Where the buffer is empty, or the body was read to its end or replaced before: it is not changed
    /// then; nor on the Express host. Where the host stalls.
    pub fn transform(
        &mut self,
        buffer: &mut (impl ReadBuffer + ?Sized),
        change: impl FnMut(&mut [u8], &mut BodyWriter<'_>),
    ) -> Result<(), BodyError> {
        self.reader.check_readable()?;
        if buffer.lend(SealedToken).is_empty() {
            return Err(BodyError::Stalled);
        }
        self.reader.check_pieces()?;
        let writer = self.start_writing()?;
        let done = self.reader.transform(buffer, writer, change);
        self.reader.close(false);
        done
    }

    /// Removes the length that the next handler gave. The first write then replaces the body, and every
    /// later one appends.
    #[inline]
    fn start_writing(&mut self) -> Result<BodyWriter<'static>, BodyError> {
        self.reader.claim_write()?;
        backend::remove_header(Section::ResponseHeaders, known::CONTENT_LENGTH.as_bytes());
        let bodiless = matches!(backend::status(), 204 | 304);
        Ok(BodyWriter::of(MESSAGE, bodiless))
    }
}
