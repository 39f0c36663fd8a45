//! The body of the request.

use core::marker::PhantomData;

use super::error::{BodyError, EMPTY_READS, result};
use super::reader::{Reader, read_whole};
use super::writer::BodyWriter;
use crate::backend::{self, Message, ReadStatus, Section};
use crate::buffer::{ReadBuffer, SealedToken};
use crate::buffering::{Buffered, Buffering, Unbuffered};
use crate::header::known;
use crate::headers::Headers;

/// The body of the request, before the next handler.
///
/// It can be read where the handler declares `#[handler(buffer_request)]` and takes the request as
/// `&mut Request<Buffered>`; without that, it can be replaced.
///
/// On most hosts, reading consumes a body, and the next handler fails where it finds less than
/// `content-length` says. So everything here that reads writes the same bytes back, except
/// [`read`](Self::read) and [`drain`](Self::drain), which are for handlers that respond themselves: a
/// request whose body was consumed is not forwarded, the client gets a 500.
///
/// The Express host keeps what is read, and of several writes only the last. There a body that is to
/// be changed has to fit into the buffer, or it is [`BodyError::BufferTooSmall`] and is forwarded unchanged; and it
/// cannot be handed to [`transform`](Self::transform). To look at bodies of any length there is
/// [`for_each`](Self::for_each).
///
/// ```
/// use http_wasm_sdk::prelude::*;
///
/// #[handler(buffer_request)]
/// fn no_scripts(request: &mut Request<Buffered>, reply: Reply<'_>) -> Result<Option<Responded>, Error> {
///     let mut buffer = Buffer::<8192>::new();
///     // A body that does not fit is an error; see `for_each` for bodies of any length.
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
pub struct RequestBody<'a, B: Buffering = Buffered> {
    reader: &'a mut Reader,
    _buffering: PhantomData<B>,
}

/// A request body that can be read, because the host buffers it.
#[diagnostic::on_unimplemented(
    message = "the body of this request can be replaced, but not read",
    label = "not buffered by the host",
    note = "the Express host traps on it: declare #[handler(buffer_request)] and take `&mut Request<Buffered>`",
    note = "a filter that will never run there may call `stream_without_buffering` on the body instead"
)]
pub trait WholeRequest: Buffering {}

impl WholeRequest for Buffered {}

const MESSAGE: Message = Message::Request;

impl<'a> RequestBody<'a, Unbuffered> {
    /// Makes the body readable without `#[handler(buffer_request)]`: some 100 bytes smaller, for filters
    /// that will never run on the Express host, where every read traps then.
    ///
    /// ```
    /// use http_wasm_sdk::prelude::*;
    ///
    /// #[handler]
    /// fn refuse(request: &mut Request, reply: Reply<'_>) -> Result<Responded, Error> {
    ///     request.body_mut().stream_without_buffering().drain(&mut Buffer::<2048>::new())?;
    ///     Ok(reply.status(StatusCode::PAYLOAD_TOO_LARGE).end())
    /// }
    /// # use http_wasm_sdk::testing::{self, Scenario};
    /// # assert_eq!(testing::run::<refuse>(&Scenario::post("/").body("x".repeat(9000))).status(), 413);
    /// ```
    #[inline]
    #[must_use]
    pub const fn stream_without_buffering(self) -> RequestBody<'a> {
        RequestBody::of(self.reader)
    }
}

impl<'a, B: Buffering> RequestBody<'a, B> {
    #[inline]
    pub(crate) const fn of(reader: &'a mut Reader) -> Self {
        Self { reader, _buffering: PhantomData }
    }

    /// Consumes the next bytes of the body. ABI: `read_body`.
    ///
    /// They may be none while more is to come. `None` means that there is no more:
    /// [`is_end`](Self::is_end), or the host has given nothing [`EMPTY_READS`] times, or the
    /// buffer is empty.
    ///
    /// What is consumed does not reach the next handler: this is for handlers that respond themselves.
    /// If the hook forwards the request nevertheless, the client gets a 500.
    #[inline]
    pub fn read<'b>(&mut self, buffer: &'b mut (impl ReadBuffer + ?Sized)) -> Option<&'b mut [u8]>
    where
        B: WholeRequest,
    {
        self.reader.consume(buffer)
    }

    /// Whether the body has been read to its end.
    #[inline]
    #[must_use]
    pub const fn is_end(&self) -> bool
    where
        B: WholeRequest,
    {
        self.reader.ended
    }

    /// Consumes the rest of the body, a buffer at a time. ABI: `read_body`.
    ///
    /// For handlers that respond themselves: a client that is still sending its body may not read the
    /// response.
    ///
    /// # Errors
    /// Where the host stalls, or the buffer is empty.
    #[inline]
    pub fn drain(&mut self, buffer: &mut (impl ReadBuffer + ?Sized)) -> Result<(), BodyError>
    where
        B: WholeRequest,
    {
        self.reader.drain(buffer)
    }

    /// Reads the whole body and forwards it. ABI: `read_body`, `write_body`.
    ///
    /// # Errors
    /// Where it has as many bytes as `buffer`, or more, or the host stalls: the body is
    /// forwarded nevertheless. Where it was used before.
    pub fn read_all<'b>(
        &mut self,
        buffer: &'b mut (impl ReadBuffer + ?Sized),
    ) -> Result<&'b [u8], BodyError>
    where
        B: WholeRequest,
    {
        self.map_all(buffer, |_| ()).map(|bytes| &*bytes)
    }

    /// Reads the whole body, changes it in place, and forwards it. ABI: `read_body`,
    /// `write_body`.
    ///
    /// # Errors
    /// Where it has as many bytes as `buffer`, or more, or the host stalls: the body is
    /// forwarded nevertheless, unchanged. Where it was used before.
    #[inline]
    pub fn map_all<'b>(
        &mut self,
        buffer: &'b mut (impl ReadBuffer + ?Sized),
        change: impl FnOnce(&mut [u8]),
    ) -> Result<&'b mut [u8], BodyError>
    where
        B: WholeRequest,
    {
        if buffer.lend(SealedToken).is_empty() {
            // Nothing can be read, and what is not read must not be replaced.
            return Err(BodyError::BufferTooSmall);
        }
        self.reader.claim()?;
        let write_back = !self.reader.keeps_last_write;
        let (result, bytes) = read_whole(MESSAGE, write_back, buffer);
        if result.is_ok() {
            change(bytes);
        }
        if write_back || result.is_ok() {
            backend::write_body(MESSAGE, bytes);
        }
        self.reader.close(result != Err(BodyError::Stalled));
        result.map(|()| bytes)
    }

    /// Calls `see` with each chunk, and forwards the body, however long it is. ABI: `read_body`,
    /// `write_body`.
    ///
    /// ```
    /// use http_wasm_sdk::prelude::*;
    ///
    /// #[handler(buffer_request)]
    /// fn lines(request: &mut Request<Buffered>) -> Result<(), Error> {
    ///     let mut lines = 0;
    ///     request.body_mut().for_each(&mut Buffer::<1024>::new(), |chunk| {
    ///         lines += chunk.iter().filter(|&&byte| byte == b'\n').count();
    ///     })?;
    ///     let mut digits = [0; 20];
    ///     let value = HeaderValue::from_u64(lines as u64, &mut digits);
    ///     request.headers_mut().insert(name!("x-lines"), value);
    ///     Ok(())
    /// }
    /// # use http_wasm_sdk::testing::{self, Profile, Scenario};
    /// # for profile in Profile::ALL {
    /// #     let text = "a line\n".repeat(1000);
    /// #     let outcome = testing::run::<lines>(&Scenario::post("/").body(&*text).profile(profile));
    /// #     assert_eq!(outcome.upstream_header("x-lines"), Some("1000"));
    /// #     assert_eq!(outcome.upstream_text(), text);
    /// # }
    /// ```
    ///
    /// # Errors
    /// Where the host stalls, or the buffer is empty; where the body was used before.
    pub fn for_each(
        &mut self,
        buffer: &mut (impl ReadBuffer + ?Sized),
        mut see: impl FnMut(&[u8]),
    ) -> Result<(), BodyError>
    where
        B: WholeRequest,
    {
        self.reader.claim()?;
        let write_back = !self.reader.keeps_last_write;
        self.reader.each(buffer, |chunk| {
            see(chunk);
            if write_back {
                backend::write_body(MESSAGE, chunk);
            }
        })
    }

    /// Changes each chunk in place, and forwards the body. The length stays, so this works for every
    /// request. ABI: `read_body`, `write_body`.
    ///
    /// # Errors
    /// Where the host stalls, or the buffer is empty; where the body was used before. On the Express
    /// host, where the body does not fit into the buffer: it is forwarded unchanged.
    pub fn map(
        &mut self,
        buffer: &mut (impl ReadBuffer + ?Sized),
        change: impl FnMut(&mut [u8]),
    ) -> Result<(), BodyError>
    where
        B: WholeRequest,
    {
        self.map_overlapping(buffer, 0, change)
    }

    /// Changes the body in place, piece by piece, and forwards it, however long it is.
    /// Each piece begins with the last `overlap` bytes of the one before, so that something of up to
    /// `overlap + 1` bytes is whole in one of them. ABI: `read_body`, `write_body`.
    ///
    /// # Errors
    /// Where `buffer` is not longer than the overlap, or the body was used before: nothing was read
    /// then. Where the host stalls: what came before is forwarded. On the Express host, where the body
    /// does not fit into the buffer: it is forwarded unchanged.
    #[inline]
    pub fn map_overlapping(
        &mut self,
        buffer: &mut (impl ReadBuffer + ?Sized),
        overlap: usize,
        mut change: impl FnMut(&mut [u8]),
    ) -> Result<(), BodyError>
    where
        B: WholeRequest,
    {
        let buffer = buffer.lend(SealedToken);
        if buffer.len() <= overlap {
            return Err(BodyError::Stalled);
        }
        self.reader.claim()?;
        let at_once = self.reader.keeps_last_write;
        let status =
            backend::map_overlapping(MESSAGE, EMPTY_READS, at_once, overlap, buffer, &mut change);
        self.reader.close(status != ReadStatus::Stalled);
        result(status)
    }

    /// Calls `change` with each chunk; what it writes is forwarded instead. ABI: `read_body`,
    /// `write_body`.
    ///
    /// # Errors
    /// Where the request declares its length, or the body was used before, or the host is Express:
    /// nothing was read then. Where the host stalls, or the buffer is empty.
    pub fn transform(
        &mut self,
        buffer: &mut (impl ReadBuffer + ?Sized),
        change: impl FnMut(&mut [u8], &mut BodyWriter<'_>),
    ) -> Result<(), BodyError>
    where
        B: WholeRequest,
    {
        if Headers::of(Section::RequestHeaders).contains(known::CONTENT_LENGTH) {
            return Err(BodyError::ContentLengthMismatch);
        }
        self.reader.check_pieces()?;
        self.reader.claim()?;
        self.reader.transform(buffer, BodyWriter::of(MESSAGE, false), change)
    }

    /// Replaces the body. ABI: `write_body`.
    ///
    /// A request that came without a body, and so without `content-length`, looks like a chunked one;
    /// the official Go host forwards it without a body whatever is written.
    ///
    /// # Errors
    /// Where the request declares another length, or the body was used before: nothing was written
    /// then.
    pub fn replace(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), BodyError> {
        let bytes = bytes.as_ref();
        let mut digits = [0; 20];
        match Headers::of(Section::RequestHeaders).get(known::CONTENT_LENGTH, &mut digits) {
            Ok(None) => {}
            Ok(Some(declared)) if declared.to_u64() == Some(bytes.len() as u64) => {}
            _ => return Err(BodyError::ContentLengthMismatch),
        }
        self.reader.claim()?;
        backend::write_body(MESSAGE, bytes);
        self.reader.close(true);
        Ok(())
    }
}
