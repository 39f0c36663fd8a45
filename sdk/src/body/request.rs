//! The body of the request.

use http_wasm_abi::{BodyKind, HeaderKind};

use super::{BodyError, BodyWriter, EMPTY_READS, Reader, read_whole};
use crate::buffer::{Internal, Scratch};
use crate::header::known;
use crate::headers::Headers;
use crate::raw;

/// The body of the request, before the next handler.
///
/// What is read is taken off the body, and hosts fail where the next handler then finds less than
/// `content-length` says. So everything here that reads writes the same bytes back, but for
/// [`read`](Self::read), which is for handlers that answer by themselves.
///
/// There is no need to have the host buffer the request, and none to wish for it: the official Go
/// host keeps only the last chunk that was read.
///
/// The Express host has no request bodies for guests without that: reading one traps there.
///
/// ```
/// use http_wasm_sdk::prelude::*;
///
/// #[handler]
/// fn no_scripts(request: &mut Request, reply: Reply<'_>) -> Result<Option<Sent>, Error> {
///     let mut buffer = Buffer::<8192>::new();
///     // What does not fit is an error, and goes on whole; see `map` for bodies of any length.
///     let body = request.body_mut().read_all(&mut buffer)?;
///     if body.windows(7).any(|bytes| bytes.eq_ignore_ascii_case(b"<script")) {
///         return Ok(Some(reply.status(StatusCode::UNPROCESSABLE_ENTITY).end()));
///     }
///     Ok(None)
/// }
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # let outcome = testing::run::<no_scripts>(&Scenario::post("/").body("hello"));
/// # assert_eq!(outcome.upstream_text(), "hello");
/// # let script = Scenario::post("/").body("hello<SCRIPT>");
/// # assert_eq!(testing::run::<no_scripts>(&script).status(), 422);
/// ```
#[derive(Debug)]
pub struct RequestBody<'a> {
    reader: &'a mut Reader,
}

impl<'a> RequestBody<'a> {
    const KIND: BodyKind = BodyKind::Request;

    #[inline]
    pub(crate) const fn of(reader: &'a mut Reader) -> Self {
        Self { reader }
    }

    /// Takes the next bytes off the body. ABI: `read_body`.
    ///
    /// They may be none while more is to come. `None` says that there is no more:
    /// [`is_end`](Self::is_end), or the host has given nothing for [`EMPTY_READS`] times, or the
    /// buffer is empty.
    ///
    /// What is taken does not reach the next handler: this is for handlers that answer by themselves.
    #[inline]
    pub fn read<'b>(&mut self, buffer: &'b mut (impl Scratch + ?Sized)) -> Option<&'b mut [u8]> {
        self.reader.read(buffer)
    }

    /// Whether the body has been read to its end.
    #[inline]
    #[must_use]
    pub const fn is_end(&self) -> bool {
        self.reader.ended
    }

    /// Takes all that is left off the body, a buffer at a time, and drops it. ABI: `read_body`.
    ///
    /// For handlers that answer by themselves: a client that has not got rid of its upload may not
    /// look at the answer.
    ///
    /// # Errors
    /// Where the host stalls, or the buffer is empty.
    #[inline]
    pub fn drain(&mut self, buffer: &mut (impl Scratch + ?Sized)) -> Result<(), BodyError> {
        self.reader.drain(buffer)
    }

    /// Reads the whole body and passes it on. ABI: `read_body`, `write_body`.
    ///
    /// # Errors
    /// Where it has as many bytes as `buffer`, or more, or the host stalls: what there is of it is
    /// passed on nevertheless. Where it was used before.
    pub fn read_all<'b>(
        &mut self,
        buffer: &'b mut (impl Scratch + ?Sized),
    ) -> Result<&'b [u8], BodyError> {
        self.map_all(buffer, |_| ()).map(|bytes| &*bytes)
    }

    /// Reads the whole body, lets `change` work on it in place, and passes it on. ABI: `read_body`,
    /// `write_body`.
    ///
    /// # Errors
    /// Where it has as many bytes as `buffer`, or more, or the host stalls: what there is of it is
    /// passed on nevertheless, unchanged. Where it was used before.
    #[inline]
    pub fn map_all<'b>(
        &mut self,
        buffer: &'b mut (impl Scratch + ?Sized),
        change: impl FnOnce(&mut [u8]),
    ) -> Result<&'b mut [u8], BodyError> {
        if buffer.lend(Internal).is_empty() {
            // Nothing can be read, and what is not read must not be replaced.
            return Err(BodyError::TooLong);
        }
        self.reader.unused()?;
        let (result, bytes) = read_whole(Self::KIND, buffer);
        if result.is_ok() {
            change(bytes);
        }
        raw::write_body(Self::KIND, bytes);
        self.reader.close(result != Err(BodyError::Stalled));
        result.map(|()| bytes)
    }

    /// Lets `change` look at each chunk, or change it in place, and passes the body on. The length
    /// stays, so this works for every request. ABI: `read_body`, `write_body`.
    ///
    /// # Errors
    /// Where the host stalls, or the buffer is empty; where the body was used before.
    pub fn map(
        &mut self,
        buffer: &mut (impl Scratch + ?Sized),
        mut change: impl FnMut(&mut [u8]),
    ) -> Result<(), BodyError> {
        self.reader.unused()?;
        self.reader.each(buffer, |chunk| {
            change(chunk);
            raw::write_body(Self::KIND, chunk);
        })
    }

    /// Lets `change` work on the body in place, piece by piece, and passes it on, however long it is.
    /// Each piece begins with the last `overlap` bytes of the one before, so that something of up to
    /// `overlap + 1` bytes is whole in one of them. ABI: `read_body`, `write_body`.
    ///
    /// # Errors
    /// Where `buffer` has no room for more than the overlap, or the body was used before: nothing was
    /// read then. Where the host stalls: what came before is passed on.
    #[inline]
    pub fn map_overlapping(
        &mut self,
        buffer: &mut (impl Scratch + ?Sized),
        overlap: usize,
        mut change: impl FnMut(&mut [u8]),
    ) -> Result<(), BodyError> {
        let space = buffer.lend(Internal);
        if space.len() <= overlap {
            return Err(BodyError::Stalled);
        }
        self.reader.unused()?;
        let ended = raw::map_overlapping(Self::KIND, EMPTY_READS, overlap, space, &mut change);
        self.reader.close(ended);
        if ended { Ok(()) } else { Err(BodyError::Stalled) }
    }

    /// Hands each chunk to `change`, which writes what is to be passed on instead. ABI: `read_body`,
    /// `write_body`.
    ///
    /// # Errors
    /// Where the request declares its length, or the body was used before: nothing was read then.
    /// Where the host stalls, or the buffer is empty.
    pub fn transform(
        &mut self,
        buffer: &mut (impl Scratch + ?Sized),
        change: impl FnMut(&mut [u8], &mut BodyWriter<'_>),
    ) -> Result<(), BodyError> {
        if Headers::of(HeaderKind::Request).contains(known::CONTENT_LENGTH) {
            return Err(BodyError::LengthDeclared);
        }
        self.reader.unused()?;
        self.reader.transform(buffer, BodyWriter::of(Self::KIND), change)
    }

    /// Replaces the body. ABI: `write_body`.
    ///
    /// A request that came without a body, and so without `content-length`, cannot be told from a
    /// chunked one; the official Go host sends it on without a body whatever is written.
    ///
    /// # Errors
    /// Where the request declares another length, or the body was used before: nothing was written
    /// then.
    pub fn replace(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), BodyError> {
        let bytes = bytes.as_ref();
        let mut digits = [0; 20];
        match Headers::of(HeaderKind::Request).get(known::CONTENT_LENGTH, &mut digits) {
            Ok(None) => {}
            Ok(Some(declared)) if declared.to_u64() == Some(bytes.len() as u64) => {}
            _ => return Err(BodyError::LengthDeclared),
        }
        self.reader.unused()?;
        raw::write_body(Self::KIND, bytes);
        self.reader.close(true);
        Ok(())
    }
}
