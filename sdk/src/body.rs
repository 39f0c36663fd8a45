//! Reading and writing bodies: what both sides have in common.

mod request;
mod response;

use core::fmt;
use core::marker::PhantomData;

use http_wasm_abi::BodyKind;

use crate::buffer::{Internal, Scratch};
use crate::error::Error;
use crate::raw::{self, Filling, Whole};

pub use request::RequestBody;
pub use response::ResponseBody;

/// How many reads of a body may give nothing before it counts as stalled.
///
/// A host may give nothing while more is to come, so one empty read means little; a guest that waits
/// for ever would hang its request, which no host puts an end to.
pub const EMPTY_READS: u32 = 63;

/// Why a body was not read or written as asked.
///
/// ```
/// use http_wasm_sdk::BodyError;
/// use http_wasm_sdk::prelude::*;
///
/// /// What is too long for the buffer is the client's fault; all else is answered with a 500.
/// #[handler(buffer_request)]
/// fn short(
///     request: &mut Request<Buffered>,
///     reply: Reply<'_>,
/// ) -> Result<Option<Sent>, BodyError> {
///     match request.body_mut().read_all(&mut Buffer::<16>::new()) {
///         Ok(_) => Ok(None),
///         Err(BodyError::TooLong) => Ok(Some(reply.status(StatusCode::PAYLOAD_TOO_LARGE).end())),
///         Err(error) => Err(error),
///     }
/// }
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # assert_eq!(testing::run::<short>(&Scenario::post("/").body("hello")).upstream_text(), "hello");
/// # assert_eq!(testing::run::<short>(&Scenario::post("/").body([b'x'; 17])).status(), 413);
/// ```
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
    /// The host keeps only the last of several writes, so that the body cannot be written in pieces:
    /// the Express host, where [`RequestBody::transform`] is called.
    InPieces,
    /// The request declares another length by `content-length`, and hosts fail on a body of another;
    /// only uploads without it, which are chunked, can change their length.
    LengthDeclared,
}

impl BodyError {
    const fn message(self) -> &'static str {
        match self {
            Self::TooLong => "the body is longer than the buffer for it",
            Self::Stalled => "the host gives neither more of the body nor its end",
            Self::InPieces => {
                "the host keeps only the last piece of a body that is written in pieces"
            }
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
    /// Whether the body was read or written.
    used: bool,
    /// Whether a response's body was written: reading it leaves it as it is.
    written: bool,
    /// How many reads may still give nothing; 0 as well when the body has ended, so that there is one
    /// number to look at: a second costs every guest that reads a dozen bytes.
    patience: u32,
    ended: bool,
    /// Whether the host keeps the body, of a request, whatever is read of it, and of several writes
    /// only the last: it is written once as a whole, or not at all.
    last_write_counts: bool,
    /// Whether bytes of a request's body were read that are not written back.
    taken: bool,
}

impl Reader {
    #[inline]
    pub(crate) const fn new(kind: BodyKind) -> Self {
        Self {
            kind,
            used: false,
            written: false,
            patience: EMPTY_READS,
            ended: false,
            last_write_counts: false,
            taken: false,
        }
    }

    #[inline]
    pub(crate) const fn of_request(last_write_counts: bool) -> Self {
        Self { last_write_counts, ..Self::new(BodyKind::Request) }
    }

    #[inline]
    pub(crate) const fn has_taken(&self) -> bool {
        self.taken
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

    /// For what reads the body to its end.
    #[inline]
    fn readable(&self) -> Result<(), BodyError> {
        if self.patience == 0 { Err(BodyError::Used) } else { Ok(()) }
    }

    /// Ends reading: what the host would give after this is what the guest wrote, or nothing.
    #[inline]
    pub(crate) fn close(&mut self, ended: bool) {
        self.used = true;
        self.patience = 0;
        self.ended = ended;
    }

    /// One read. `None` at the end, when the host has stalled, and for an empty buffer, on which a
    /// host would trap.
    #[inline]
    fn read<'b>(&mut self, buffer: &'b mut (impl Scratch + ?Sized)) -> Option<&'b mut [u8]> {
        if self.patience == 0 {
            return None;
        }
        let mut filling = Filling::new(buffer.lend(Internal));
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

    /// One read of what is not written back.
    #[inline]
    fn take<'b>(&mut self, buffer: &'b mut (impl Scratch + ?Sized)) -> Option<&'b mut [u8]> {
        let bytes = self.read(buffer)?;
        self.taken |= !bytes.is_empty();
        Some(bytes)
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

    /// Hands what is left of the body to `change`, which writes what is to stand in its place.
    #[inline]
    fn transform(
        &mut self,
        buffer: &mut (impl Scratch + ?Sized),
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
    fn drain(&mut self, buffer: &mut (impl Scratch + ?Sized)) -> Result<(), BodyError> {
        let space = buffer.lend(Internal);
        if self.patience != 0 {
            // Asked at the end of the loop, which saves bytes.
            loop {
                let mut filling = Filling::new(space);
                if self.step(&mut filling).is_none() {
                    break;
                }
                self.taken |= !filling.is_empty();
                if self.patience == 0 {
                    break;
                }
            }
        }
        if self.ended { Ok(()) } else { Err(BodyError::Stalled) }
    }
}

/// Reads a whole body, or as much of it as there was; see [`raw::read_whole`].
#[inline(always)]
fn read_whole(
    kind: BodyKind,
    write_back: bool,
    buffer: &mut (impl Scratch + ?Sized),
) -> (Result<(), BodyError>, &mut [u8]) {
    let (whole, bytes) = raw::read_whole(kind, EMPTY_READS, write_back, buffer.lend(Internal));
    let result = match whole {
        Whole::All => Ok(()),
        Whole::TooLong => Err(BodyError::TooLong),
        Whole::Stalled => Err(BodyError::Stalled),
    };
    (result, bytes)
}

/// Where a body is written to, in pieces, also by [`write!`].
///
/// ```
/// use core::fmt::Write as _;
/// use http_wasm_sdk::prelude::*;
///
/// #[derive(Default)]
/// struct Words;
///
/// #[handler(buffer_response)]
/// impl Words {
///     fn request(&self, _request: &mut Request) {}
///
///     /// Answers with the status alone.
///     fn response(&self, _: &Request, response: &mut Response<Buffered>) -> Result<(), Error> {
///         let status = response.status().as_u16();
///         let mut body = response.body_mut();
///         let mut writer = body.writer()?;
///         writer.write("the answer is ");
///         // Writing does not fail.
///         let _ = write!(writer, "{status}");
///         Ok(())
///     }
/// }
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # let outcome = testing::run::<Words>(&Scenario::get("/").upstream_status(404).upstream_body("no"));
/// # assert_eq!(outcome.response_text(), "the answer is 404");
/// ```
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
