//! Why a body was not read or written.

use core::fmt;

use crate::backend::ReadStatus;
use crate::error::Error;

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
/// ) -> Result<Option<Responded>, BodyError> {
///     match request.body_mut().read_all(&mut Buffer::<16>::new()) {
///         Ok(_) => Ok(None),
///         Err(BodyError::BufferTooSmall) => Ok(Some(reply.status(StatusCode::PAYLOAD_TOO_LARGE).end())),
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
    BufferTooSmall,
    /// The host gave nothing for [`EMPTY_READS`] times, and no end; or the buffer is empty.
    Stalled,
    /// The body was read or written before, in this hook: reading it again gives nothing, and writing
    /// it again appends.
    AlreadyConsumed,
    /// The host keeps only the last of several writes, so that the body cannot be written in pieces:
    /// the Express host, where [`RequestBody::transform`] is called.
    PartialWriteUnsupported,
    /// The request declares another length by `content-length`, and hosts fail on a body of another;
    /// only uploads without it, which are chunked, can change their length.
    ContentLengthMismatch,
}

impl BodyError {
    const fn message(self) -> &'static str {
        match self {
            Self::BufferTooSmall => "the body is longer than the buffer for it",
            Self::Stalled => "the host gives neither more of the body nor its end",
            Self::PartialWriteUnsupported => {
                "the host keeps only the last piece of a body that is written in pieces"
            }
            Self::AlreadyConsumed => "the body was read or written before",
            Self::ContentLengthMismatch => {
                "the request declares the length of its body, so the body cannot get another"
            }
        }
    }
}

/// What reading a whole body came to.
pub(super) const fn result(status: ReadStatus) -> Result<(), BodyError> {
    match status {
        ReadStatus::Complete => Ok(()),
        ReadStatus::BufferTooSmall => Err(BodyError::BufferTooSmall),
        ReadStatus::Stalled => Err(BodyError::Stalled),
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
