//! Why a body was not read or written.

use core::fmt;

use crate::backend::ReadStatus;
use crate::error::Error;

/// How many empty reads of a body the SDK accepts before the body counts as stalled.
///
/// A host may give nothing while more is to come, so one empty read means little; a guest that waits
/// for ever would hang its request, which no host ends.
pub const EMPTY_READS: u32 = 63;

/// Why a body was not read or written as asked.
///
/// ```
/// use http_wasm_sdk::BodyError;
/// use http_wasm_sdk::prelude::*;
///
/// /// Responds with 413 where the body is longer than the buffer, and with 500 to any other error.
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
    /// The buffer is too small for the body. A request body is forwarded whole.
    BufferTooSmall,
    /// The host gave neither bytes nor the end, [`EMPTY_READS`] times; or the buffer is empty.
    Stalled,
    /// The body was already read or written in this hook: reading it again gives nothing, and writing
    /// it again appends.
    AlreadyConsumed,
    /// The host keeps only the last of several writes, so the body cannot be written in pieces, by
    /// [`transform`](crate::RequestBody::transform) or [`ResponseBody::writer`](crate::ResponseBody::writer):
    /// the Express host.
    PartialWriteUnsupported,
    /// The request declares another length by `content-length`, which hosts enforce; only request bodies
    /// without it, which are chunked, can change their length.
    ContentLengthMismatch,
}

impl BodyError {
    const fn message(self) -> &'static str {
        match self {
            Self::BufferTooSmall => "the body does not fit into the buffer",
            Self::Stalled => "the host gives neither more of the body nor its end",
            Self::PartialWriteUnsupported => {
                "the host keeps only the last of several writes to a body"
            }
            Self::AlreadyConsumed => "the body was already read or written",
            Self::ContentLengthMismatch => {
                "the request body must have the length that content-length declares"
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
