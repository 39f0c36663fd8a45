//! Reading and writing bodies.

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;

use http_wasm_abi::{BodyKind, HeaderKind};

use crate::buffer::Scratch;
use crate::error::Error;
use crate::header::known;
use crate::headers::Headers;
use crate::raw::{self, Filling};

/// How many reads in a row may give nothing before a body that has not ended counts as stalled.
///
/// A host may give nothing while more is to come, so one empty read means little; a guest that waits
/// for ever would hang its request, which no host puts an end to.
pub const EMPTY_READS: u32 = 1000;

/// Why a body was not read or written as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyError {
    /// The body has more bytes than the buffer. A request's body goes on to the next handler whole.
    TooLong,
    /// The host gave nothing for [`EMPTY_READS`] times in a row, and no end.
    Stalled,
    /// The request declares another length by `content-length`, and hosts fail on a body of another;
    /// only uploads without it, which are chunked, can change their length.
    LengthDeclared,
}

impl BodyError {
    const fn message(self) -> &'static str {
        match self {
            Self::TooLong => "the body is longer than the buffer for it",
            Self::Stalled => "the host gives neither more of the body nor its end",
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

/// What one reading of a body gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'b> {
    /// The bytes, no more than the buffer has room for. None do not mean that the body has ended.
    pub bytes: &'b [u8],
    /// Whether the body has ended: reading on gives nothing.
    pub end: bool,
}

/// One read of at most the buffer's length; nothing for an empty buffer, on which a host would trap.
#[inline]
fn read_once(kind: BodyKind, buffer: &mut (impl Scratch + ?Sized)) -> (bool, &mut [u8]) {
    let space = buffer.space();
    if space.is_empty() { (false, &mut []) } else { raw::read_body(kind, space) }
}

/// The next bytes, at least one, or `None` at the end.
#[inline]
fn read_some<'b>(
    kind: BodyKind,
    ended: &Cell<bool>,
    buffer: &'b mut (impl Scratch + ?Sized),
) -> Result<Option<&'b mut [u8]>, BodyError> {
    let mut filling = Filling::new(buffer.space());
    let mut reads = 0;
    while filling.len() == 0 && !ended.get() {
        reads += 1;
        match filling.read(kind) {
            Some(end) if reads <= EMPTY_READS => ended.set(end),
            _ => return Err(BodyError::Stalled),
        }
    }
    Ok(Some(filling.into_bytes()).filter(|bytes| !bytes.is_empty()))
}

/// Fills the buffer from the front until the body ends or the buffer is full: what was read, and
/// whether the body has ended, or that it stalled.
#[inline]
fn fill(
    kind: BodyKind,
    buffer: &mut (impl Scratch + ?Sized),
) -> (Result<bool, BodyError>, &mut [u8]) {
    let mut filling = Filling::new(buffer.space());
    let mut empty_reads = 0;
    let end = loop {
        let before = filling.len();
        match filling.read(kind) {
            // Full. Whether that was all can only be seen by asking for more.
            None => break Ok(false),
            Some(true) => break Ok(true),
            Some(false) if filling.len() > before => empty_reads = 0,
            Some(false) if empty_reads == EMPTY_READS => break Err(BodyError::Stalled),
            Some(false) => empty_reads += 1,
        }
    };
    (end, filling.into_bytes())
}

/// The body of the request, before the next handler.
///
/// What is read is taken off the body, and hosts fail where the next handler then finds less than
/// `content-length` says. So everything here that reads writes the same bytes back, but for
/// [`read`](Self::read), which is for handlers that answer by themselves.
///
/// There is no need to have the host buffer the request, and none to wish for it: the official Go
/// host keeps only the last chunk that was read.
#[derive(Debug)]
pub struct RequestBody<'a>(PhantomData<&'a mut ()>);

impl RequestBody<'_> {
    const KIND: BodyKind = BodyKind::Request;

    #[inline]
    pub(crate) const fn current() -> Self {
        Self(PhantomData)
    }

    /// Takes the next bytes of the body off it. ABI: `read_body`.
    ///
    /// They do not reach the next handler: this is for handlers that answer by themselves. An empty
    /// buffer gets nothing (a host would trap on it).
    #[inline]
    pub fn read<'b>(&mut self, buffer: &'b mut (impl Scratch + ?Sized)) -> Chunk<'b> {
        let (end, bytes) = read_once(Self::KIND, buffer);
        Chunk { bytes, end }
    }

    /// Reads the whole body and passes it on. ABI: `read_body`, `write_body`.
    ///
    /// # Errors
    /// Where it does not fit into `buffer`, or the host stalls. What there is of it is passed on
    /// nevertheless.
    pub fn read_all<'b>(
        &mut self,
        buffer: &'b mut (impl Scratch + ?Sized),
    ) -> Result<&'b [u8], BodyError> {
        let (end, bytes) = fill(Self::KIND, buffer);
        raw::write_body(Self::KIND, bytes);
        if end? {
            return Ok(bytes);
        }
        let mut more = false;
        let ended = Cell::new(false);
        let mut one = [0; 1];
        // The rest goes the same way. Where there is none, the body has just filled the buffer.
        if let Some(byte) = read_some(Self::KIND, &ended, &mut one)? {
            raw::write_body(Self::KIND, byte);
            more = true;
            while let Some(chunk) = read_some(Self::KIND, &ended, bytes)? {
                raw::write_body(Self::KIND, chunk);
            }
        }
        if more { Err(BodyError::TooLong) } else { Ok(bytes) }
    }

    /// Shows each chunk to `look`, and passes the body on. ABI: `read_body`, `write_body`.
    ///
    /// # Errors
    /// Where the host stalls, or the buffer is empty.
    pub fn inspect(
        &mut self,
        buffer: &mut (impl Scratch + ?Sized),
        mut look: impl FnMut(&[u8]),
    ) -> Result<(), BodyError> {
        self.rewrite(buffer, |chunk, writer| {
            look(chunk);
            writer.write(chunk);
        })
    }

    /// Lets `change` work on each chunk in place, and passes the body on. The length stays, so this
    /// works for every request. ABI: `read_body`, `write_body`.
    ///
    /// # Errors
    /// Where the host stalls, or the buffer is empty.
    pub fn map(
        &mut self,
        buffer: &mut (impl Scratch + ?Sized),
        mut change: impl FnMut(&mut [u8]),
    ) -> Result<(), BodyError> {
        self.rewrite(buffer, |chunk, writer| {
            change(chunk);
            writer.write(chunk);
        })
    }

    /// Hands each chunk to `change`, which writes what is to be passed on instead. ABI: `read_body`,
    /// `write_body`.
    ///
    /// # Errors
    /// Where the request declares its length: nothing was read then. Where the host stalls, or the
    /// buffer is empty.
    pub fn transform(
        &mut self,
        buffer: &mut (impl Scratch + ?Sized),
        change: impl FnMut(&mut [u8], &mut BodyWriter<'_>),
    ) -> Result<(), BodyError> {
        if Headers::of(HeaderKind::Request).contains(known::CONTENT_LENGTH) {
            return Err(BodyError::LengthDeclared);
        }
        self.rewrite(buffer, change)
    }

    fn rewrite(
        &mut self,
        buffer: &mut (impl Scratch + ?Sized),
        mut change: impl FnMut(&mut [u8], &mut BodyWriter<'_>),
    ) -> Result<(), BodyError> {
        let ended = Cell::new(false);
        let mut writer = BodyWriter::of(Self::KIND);
        while let Some(chunk) = read_some(Self::KIND, &ended, buffer)? {
            change(chunk, &mut writer);
        }
        Ok(())
    }

    /// Replaces the body. ABI: `write_body`.
    ///
    /// # Errors
    /// Where the request declares another length: nothing was written then.
    pub fn replace(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), BodyError> {
        let bytes = bytes.as_ref();
        let mut digits = [0; 20];
        match Headers::of(HeaderKind::Request).get(known::CONTENT_LENGTH, &mut digits) {
            Ok(None) => {}
            Ok(Some(declared)) if parse(declared.as_bytes()) == Some(bytes.len()) => {}
            _ => return Err(BodyError::LengthDeclared),
        }
        raw::write_body(Self::KIND, bytes);
        Ok(())
    }
}

/// The number that these digits are.
fn parse(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_usize, |number, &digit| {
        let value = digit.checked_sub(b'0').filter(|value| *value < 10)?;
        number.checked_mul(10)?.checked_add(value.into())
    })
}

/// The body of a buffered response, after the next handler.
///
/// Reading leaves it as it is. Writing replaces it, and takes `content-length` away, which would
/// otherwise still be that of the next handler, and break the response for the client.
#[derive(Debug)]
pub struct ResponseBody<'a> {
    ended: Cell<bool>,
    _borrow: PhantomData<&'a mut ()>,
}

impl ResponseBody<'_> {
    const KIND: BodyKind = BodyKind::Response;

    #[inline]
    pub(crate) const fn current() -> Self {
        Self { ended: Cell::new(false), _borrow: PhantomData }
    }

    /// The next bytes of the body, at least one, or `None` at the end. ABI: `read_body`.
    ///
    /// # Errors
    /// Where the host stalls, or the buffer is empty.
    #[inline]
    pub fn read<'b>(
        &mut self,
        buffer: &'b mut (impl Scratch + ?Sized),
    ) -> Result<Option<&'b mut [u8]>, BodyError> {
        read_some(Self::KIND, &self.ended, buffer)
    }

    /// Reads what is left of the body. ABI: `read_body`.
    ///
    /// # Errors
    /// Where it does not fit into `buffer`, or the host stalls.
    #[inline]
    pub fn read_all<'b>(
        &mut self,
        buffer: &'b mut (impl Scratch + ?Sized),
    ) -> Result<&'b mut [u8], BodyError> {
        if self.ended.get() {
            return Ok(&mut []);
        }
        let (end, bytes) = fill(Self::KIND, buffer);
        if end? || read_some(Self::KIND, &self.ended, &mut [0; 1])?.is_none() {
            self.ended.set(true);
            return Ok(bytes);
        }
        Err(BodyError::TooLong)
    }

    /// Replaces the body. ABI: `write_body`, `remove_header`.
    #[inline]
    pub fn replace(&mut self, bytes: impl AsRef<[u8]>) {
        self.writer().write(bytes);
    }

    /// Replaces the body, in pieces; without a piece, by nothing. ABI: `write_body`, `remove_header`.
    #[inline]
    pub fn writer(&mut self) -> BodyWriter<'_> {
        raw::remove_header(HeaderKind::Response, known::CONTENT_LENGTH.as_bytes());
        raw::write_body(Self::KIND, &[]);
        BodyWriter::of(Self::KIND)
    }

    /// Hands each chunk to `change`, which writes what the client is to get instead. ABI:
    /// `read_body`, `write_body`, `remove_header`.
    ///
    /// # Errors
    /// Where the host stalls, or the buffer is empty.
    pub fn transform(
        &mut self,
        buffer: &mut (impl Scratch + ?Sized),
        mut change: impl FnMut(&mut [u8], &mut BodyWriter<'_>),
    ) -> Result<(), BodyError> {
        raw::remove_header(HeaderKind::Response, known::CONTENT_LENGTH.as_bytes());
        let mut writer = BodyWriter::of(Self::KIND);
        while let Some(chunk) = read_some(Self::KIND, &self.ended, buffer)? {
            change(chunk, &mut writer);
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn content_length_is_a_number_or_not() {
        assert_eq!(parse(b"0"), Some(0));
        assert_eq!(parse(b"3000"), Some(3000));
        for bad in ["", "-1", "1 ", "a", "1,1", "99999999999999999999999"] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
