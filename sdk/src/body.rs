//! Reading and writing bodies.

use core::fmt;
use core::marker::PhantomData;

use http_wasm_abi::{BodyKind, HeaderKind};

use crate::buffer::Scratch;
use crate::error::Error;
use crate::header::known;
use crate::headers::Headers;
use crate::raw::{self, Filling, Whole};

/// How many reads of a body may give nothing before it counts as stalled.
///
/// A host may give nothing while more is to come, so one empty read means little; a guest that waits
/// for ever would hang its request, which no host puts an end to.
pub const EMPTY_READS: u32 = 63;

/// Why a body was not read or written as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyError {
    /// The body has more bytes than the buffer. A request's body goes on to the next handler whole.
    TooLong,
    /// The host gave nothing for [`EMPTY_READS`] times, and no end; or the buffer is empty.
    Stalled,
    /// The body was read or written before, in this hook: reading it again gives nothing, and writing
    /// it again appends.
    Used,
    /// The request declares another length by `content-length`, and hosts fail on a body of another;
    /// only uploads without it, which are chunked, can change their length.
    LengthDeclared,
}

impl BodyError {
    const fn message(self) -> &'static str {
        match self {
            Self::TooLong => "the body is longer than the buffer for it",
            Self::Stalled => "the host gives neither more of the body nor its end",
            Self::Used => "the body was read or written before",
            Self::LengthDeclared => {
                "the request declares the length of its body, so the body cannot get another"
            }
        }
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl core::error::Error for BodyError {}

impl From<BodyError> for Error {
    fn from(error: BodyError) -> Self {
        Self::new(error.message())
    }
}

/// How far a body has been read and written during a hook.
#[derive(Debug)]
pub(crate) struct Reader {
    kind: BodyKind,
    /// Whether a request's body was read or written.
    used: bool,
    /// Whether a response's body was written: reading it leaves it as it is.
    written: bool,
    /// How many reads may still give nothing; 0 as well when the body has ended, so that there is one
    /// number to look at: a second costs every guest that reads a dozen bytes.
    patience: u32,
    ended: bool,
}

impl Reader {
    #[inline]
    pub(crate) const fn new(kind: BodyKind) -> Self {
        Self { kind, used: false, written: false, patience: EMPTY_READS, ended: false }
    }

    /// For what needs the whole body.
    #[inline]
    fn unused(&mut self) -> Result<(), BodyError> {
        if core::mem::replace(&mut self.used, true) { Err(BodyError::Used) } else { Ok(()) }
    }

    /// For what writes a body that was not written yet.
    #[inline]
    pub(crate) fn unwritten(&mut self) -> Result<(), BodyError> {
        if core::mem::replace(&mut self.written, true) { Err(BodyError::Used) } else { Ok(()) }
    }

    /// One read. `None` at the end, when the host has stalled, and for an empty buffer, on which a
    /// host would trap.
    #[inline]
    fn read<'b>(&mut self, buffer: &'b mut (impl Scratch + ?Sized)) -> Option<&'b mut [u8]> {
        if self.patience == 0 {
            return None;
        }
        let mut filling = Filling::new(buffer.space());
        self.step(&mut filling)?;
        Some(filling.into_bytes())
    }

    /// One read behind what was read before; `None` where there is no room.
    #[inline]
    fn step(&mut self, filling: &mut Filling<'_>) -> Option<()> {
        self.used = true;
        let result = filling.read(self.kind)?;
        self.ended = result.is_eof();
        // No bytes and no end are the one result that is 0 as a whole.
        self.patience = if self.ended { 0 } else { self.patience - u32::from(result.bits() == 0) };
        Some(())
    }

    /// Hands what is left of the body to `see`, chunk by chunk.
    #[inline]
    fn each(
        &mut self,
        buffer: &mut (impl Scratch + ?Sized),
        mut see: impl FnMut(&mut [u8]),
    ) -> Result<(), BodyError> {
        while let Some(chunk) = self.read(buffer) {
            see(chunk);
        }
        if self.ended { Ok(()) } else { Err(BodyError::Stalled) }
    }

    /// Reads until the body ends, and keeps nothing.
    #[inline]
    fn drain(&mut self, buffer: &mut (impl Scratch + ?Sized)) -> Result<(), BodyError> {
        let space = buffer.space();
        if self.patience != 0 {
            // Asked at the end of the loop, which saves bytes.
            while self.step(&mut Filling::new(space)).is_some() && self.patience != 0 {}
        }
        if self.ended { Ok(()) } else { Err(BodyError::Stalled) }
    }
}

/// Reads a whole body, or as much of it as there was; see [`raw::read_whole`].
#[inline(always)]
fn read_whole(
    kind: BodyKind,
    buffer: &mut (impl Scratch + ?Sized),
) -> (Result<(), BodyError>, &mut [u8]) {
    let (whole, bytes) = raw::read_whole(kind, EMPTY_READS, buffer.space());
    let result = match whole {
        Whole::All => Ok(()),
        Whole::TooLong => Err(BodyError::TooLong),
        Whole::Stalled => Err(BodyError::Stalled),
    };
    (result, bytes)
}

/// The body of the request, before the next handler.
///
/// What is read is taken off the body, and hosts fail where the next handler then finds less than
/// `content-length` says. So everything here that reads writes the same bytes back, but for
/// [`read`](Self::read), which is for handlers that answer by themselves.
///
/// There is no need to have the host buffer the request, and none to wish for it: the official Go
/// host keeps only the last chunk that was read.
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
        self.reader.unused()?;
        let (result, bytes) = read_whole(Self::KIND, buffer);
        if result.is_ok() {
            change(bytes);
        }
        raw::write_body(Self::KIND, bytes);
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
    /// Where the host stalls, or `buffer` has no room for more than the overlap: what came before is
    /// passed on then. Where the body was used before.
    #[inline]
    pub fn map_overlapping(
        &mut self,
        buffer: &mut (impl Scratch + ?Sized),
        overlap: usize,
        mut change: impl FnMut(&mut [u8]),
    ) -> Result<(), BodyError> {
        self.reader.unused()?;
        if raw::map_overlapping(Self::KIND, EMPTY_READS, overlap, buffer.space(), &mut change) {
            Ok(())
        } else {
            Err(BodyError::Stalled)
        }
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
        mut change: impl FnMut(&mut [u8], &mut BodyWriter<'_>),
    ) -> Result<(), BodyError> {
        if Headers::of(HeaderKind::Request).contains(known::CONTENT_LENGTH) {
            return Err(BodyError::LengthDeclared);
        }
        self.reader.unused()?;
        let mut writer = BodyWriter::of(Self::KIND);
        self.reader.each(buffer, |chunk| change(chunk, &mut writer))
    }

    /// Replaces the body. ABI: `write_body`.
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
        Ok(())
    }
}

/// The body of a buffered response, after the next handler.
///
/// Reading leaves it as it is. Writing replaces it, and takes `content-length` away, which would
/// otherwise still be that of the next handler, and break the response for the client.
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

impl<'a> ResponseBody<'a> {
    const KIND: BodyKind = BodyKind::Response;

    #[inline]
    pub(crate) const fn of(reader: &'a mut Reader) -> Self {
        Self { reader }
    }

    /// The next bytes of the body. ABI: `read_body`.
    ///
    /// They may be none while more is to come. `None` says that there is no more:
    /// [`is_end`](Self::is_end), or the host has given nothing for [`EMPTY_READS`] times, or the
    /// buffer is empty.
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

    /// Reads what is left of the body. ABI: `read_body`.
    ///
    /// # Errors
    /// Where it has as many bytes as `buffer`, or more, or the host stalls.
    #[inline]
    pub fn read_all<'b>(
        &mut self,
        buffer: &'b mut (impl Scratch + ?Sized),
    ) -> Result<&'b mut [u8], BodyError> {
        let (result, bytes) = read_whole(Self::KIND, buffer);
        result.map(|()| bytes)
    }

    /// Reads the whole body, lets `change` work on it in place, and writes it back. ABI: `read_body`,
    /// `write_body`.
    ///
    /// # Errors
    /// Where it has as many bytes as `buffer`, or more, or the host stalls, or it was replaced before;
    /// it stays as it is then.
    #[inline]
    pub fn map_all<'b>(
        &mut self,
        buffer: &'b mut (impl Scratch + ?Sized),
        change: impl FnOnce(&mut [u8]),
    ) -> Result<&'b mut [u8], BodyError> {
        let bytes = self.read_all(buffer)?;
        self.reader.unwritten()?;
        change(bytes);
        raw::write_body(Self::KIND, bytes);
        Ok(bytes)
    }

    /// Lets `change` work on the body in place, piece by piece, and writes it back, however long it is.
    /// Each piece begins with the last `overlap` bytes of the one before, so that something of up to
    /// `overlap + 1` bytes is whole in one of them. ABI: `read_body`, `write_body`.
    ///
    /// # Errors
    /// Where the host stalls, or `buffer` has no room for more than the overlap: what came before is
    /// written back then. Where the body was replaced before.
    #[inline]
    pub fn map_overlapping(
        &mut self,
        buffer: &mut (impl Scratch + ?Sized),
        overlap: usize,
        mut change: impl FnMut(&mut [u8]),
    ) -> Result<(), BodyError> {
        self.reader.unwritten()?;
        if raw::map_overlapping(Self::KIND, EMPTY_READS, overlap, buffer.space(), &mut change) {
            Ok(())
        } else {
            Err(BodyError::Stalled)
        }
    }

    /// Replaces the body. ABI: `write_body`, `remove_header`.
    ///
    /// # Errors
    /// Where it was replaced before.
    #[inline]
    pub fn replace(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), BodyError> {
        self.start_writing()?.write(bytes);
        Ok(())
    }

    /// Replaces the body, in pieces; without a piece, by nothing. ABI: `write_body`, `remove_header`.
    ///
    /// # Errors
    /// Where it was replaced before.
    #[inline]
    pub fn writer(&mut self) -> Result<BodyWriter<'_>, BodyError> {
        let mut writer = self.start_writing()?;
        writer.write([]);
        Ok(writer)
    }

    /// Hands each chunk to `change`, which writes what the client is to get instead. ABI:
    /// `read_body`, `write_body`, `remove_header`.
    ///
    /// # Errors
    /// Where the host stalls, or the buffer is empty; where the body was replaced before.
    pub fn transform(
        &mut self,
        buffer: &mut (impl Scratch + ?Sized),
        mut change: impl FnMut(&mut [u8], &mut BodyWriter<'_>),
    ) -> Result<(), BodyError> {
        let mut writer = self.start_writing()?;
        self.reader.each(buffer, |chunk| change(chunk, &mut writer))
    }

    /// The first write replaces the body, and every later one appends; and the length that the next
    /// handler gave no longer holds.
    #[inline]
    fn start_writing(&mut self) -> Result<BodyWriter<'static>, BodyError> {
        self.reader.unwritten()?;
        raw::remove_header(HeaderKind::Response, known::CONTENT_LENGTH.as_bytes());
        Ok(BodyWriter::of(Self::KIND))
    }
}

/// Where a body is written to, in pieces.
#[derive(Debug)]
pub struct BodyWriter<'a> {
    kind: BodyKind,
    _borrow: PhantomData<&'a mut ()>,
}

impl BodyWriter<'_> {
    #[inline]
    pub(crate) const fn of(kind: BodyKind) -> Self {
        Self { kind, _borrow: PhantomData }
    }

    /// Writes a piece. ABI: `write_body`.
    #[inline]
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        raw::write_body(self.kind, bytes.as_ref());
    }
}

impl fmt::Write for BodyWriter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.write(text);
        Ok(())
    }
}
