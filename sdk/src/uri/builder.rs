//! Builds a URI from parts that are not encoded yet.

use core::fmt;

use super::parts::Pair;
use super::target::Uri;
use crate::backend::Cursor;
use crate::buffer::{ReadBuffer, SealedToken};
use crate::error::{BufferTooSmall, Error};

/// Builds a [`Uri`] in a buffer of yours: first the path, then the query, each part percent-encoded
/// so that it stays one part, whatever is in it.
///
/// ```
/// use http_wasm_sdk::{Buffer, UriBuilder, uri};
///
/// let mut buffer = Buffer::<64>::new();
/// let built = UriBuilder::new(&mut buffer)
///     .path(uri!("/api/v2"))
///     .segment("J/D")
///     .pair("q", "salt & pepper")
///     .finish();
/// assert_eq!(built, Ok(uri!("/api/v2/J%2FD?q=salt%20%26%20pepper")));
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until `finish` gives the URI"]
pub struct UriBuilder<'b>(Draft<'b>);

/// A [`UriBuilder`] whose path is complete.
#[derive(Debug)]
#[must_use = "a builder does nothing until `finish` gives the URI"]
pub struct QueryBuilder<'b>(Draft<'b>);

/// Why a URI was not built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// The buffer is too small for it.
    BufferTooSmall(BufferTooSmall),
    /// A segment is `.` or `..`, which servers take for the current and the parent folder, encoded or not:
    /// a name would become a path traversal.
    DotSegment,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BufferTooSmall(error) => error.fmt(f),
            Self::DotSegment => f.write_str(DOT_SEGMENT),
        }
    }
}

impl core::error::Error for BuildError {}

impl From<BuildError> for Error {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::BufferTooSmall(error) => error.into(),
            BuildError::DotSegment => Self::new(DOT_SEGMENT),
        }
    }
}

const DOT_SEGMENT: &str = "a segment of a path is \".\" or \"..\": expected a name";

impl<'b> UriBuilder<'b> {
    /// Starts a builder with `/`.
    #[inline]
    pub fn new(buffer: &'b mut (impl ReadBuffer + ?Sized)) -> Self {
        Self(Draft {
            cursor: Cursor::new(buffer.lend(SealedToken)),
            needed: 0,
            asterisk: false,
            slash_ends_path: false,
            dot_segment: false,
            has_query: false,
        })
    }

    /// Appends the path of a URI, as it is encoded there. That of `OPTIONS *` stays `*` unless more follows.
    pub fn path<'u>(mut self, uri: impl Into<Uri<'u>>) -> Self {
        let path = uri.into().path();
        if path == b"*" && self.0.needed == 0 {
            self.0.asterisk = true;
            return self;
        }
        let rest = path.strip_prefix(b"/").unwrap_or(path);
        self.0.begin_segment();
        self.0.write(rest);
        self.0.slash_ends_path = rest.is_empty() || rest.ends_with(b"/");
        self
    }

    /// Appends a segment, with a slash before it unless the path that was appended last ends in one.
    /// A slash in the segment is encoded.
    pub fn segment(mut self, segment: impl AsRef<[u8]>) -> Self {
        let segment = segment.as_ref();
        self.0.dot_segment |= matches!(segment, b"." | b"..");
        self.0.begin_segment();
        self.0.write_encoded(segment);
        self.0.slash_ends_path = false;
        self
    }

    /// Appends the query of a URI, as it is encoded there; nothing where it has none. The path is complete.
    pub fn query<'u>(self, uri: impl Into<Uri<'u>>) -> QueryBuilder<'b> {
        self.end_path().query(uri)
    }

    /// Appends pairs of a query, as they are encoded there. The path is complete.
    ///
    /// ```
    /// use http_wasm_sdk::{Buffer, UriBuilder, uri};
    ///
    /// /// Turns to another page; all else is as the client wrote it.
    /// let sent = uri!("/list?f[a]=%31&page=1&sort");
    /// let mut buffer = Buffer::<64>::new();
    /// let others = sent.query_pairs().filter(|pair| !pair.key.is("page"));
    /// let built = UriBuilder::new(&mut buffer).path(sent).pairs(others).pair("page", "2").finish();
    /// assert_eq!(built, Ok(uri!("/list?f[a]=%31&sort&page=2")));
    /// ```
    pub fn pairs<'p>(self, pairs: impl IntoIterator<Item = Pair<'p>>) -> QueryBuilder<'b> {
        self.end_path().pairs(pairs)
    }

    /// Appends the first pair of the query. The path is complete.
    pub fn pair(self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> QueryBuilder<'b> {
        self.end_path().pair(key, value)
    }

    /// Gives the URI.
    ///
    /// # Errors
    /// Where it does not fit into the buffer, or a segment is `.` or `..`.
    pub fn finish(self) -> Result<Uri<'b>, BuildError> {
        self.end_path().finish()
    }

    fn end_path(mut self) -> QueryBuilder<'b> {
        if self.0.needed == 0 && !self.0.asterisk {
            self.0.write(b"/");
        }
        QueryBuilder(self.0)
    }
}

impl<'b> QueryBuilder<'b> {
    /// Appends the query of a URI, as it is encoded there; nothing where it has none.
    pub fn query<'u>(mut self, uri: impl Into<Uri<'u>>) -> Self {
        if let Some(query) = uri.into().query() {
            self.0.write_mark();
            self.0.write(query);
        }
        self
    }

    /// Appends pairs of a query, as they are encoded there; see [`UriBuilder::pairs`].
    pub fn pairs<'p>(mut self, pairs: impl IntoIterator<Item = Pair<'p>>) -> Self {
        for pair in pairs {
            self.0.write_mark();
            self.0.write(pair.as_bytes());
        }
        self
    }

    /// Appends a pair `key=value`.
    pub fn pair(mut self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.0.write_mark();
        self.0.write_encoded(key.as_ref());
        self.0.write(b"=");
        self.0.write_encoded(value.as_ref());
        self
    }

    /// Gives the URI.
    ///
    /// # Errors
    /// Where it does not fit into the buffer, or a segment is `.` or `..`.
    pub fn finish(mut self) -> Result<Uri<'b>, BuildError> {
        if self.0.asterisk {
            self.0.write(b"*");
        }
        if self.0.dot_segment {
            return Err(BuildError::DotSegment);
        }
        let needed = self.0.needed;
        let bytes = self.0.cursor.into_bytes();
        if bytes.len() == needed {
            Ok(Uri(bytes))
        } else {
            Err(BuildError::BufferTooSmall(BufferTooSmall { needed: needed as u32 }))
        }
    }
}

/// A URI that is being written. What does not fit is counted, so that the error has the length needed.
struct Draft<'b> {
    cursor: Cursor<'b>,
    needed: usize,
    /// The path is that of `OPTIONS *`, and nothing is written: it has a slash only when more follows.
    asterisk: bool,
    slash_ends_path: bool,
    dot_segment: bool,
    has_query: bool,
}

impl Draft<'_> {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.push(byte);
        }
    }

    /// Writes what no part of a URI gives a meaning as it is. A space is `%20`, which paths and queries
    /// read the same way.
    fn write_encoded(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                self.push(byte);
            } else {
                self.push(b'%');
                self.push(digit(byte >> 4));
                self.push(digit(byte & 15));
            }
        }
    }

    fn push(&mut self, byte: u8) {
        self.cursor.push(byte);
        self.needed += 1;
    }

    /// What stands before a segment.
    fn begin_segment(&mut self) {
        self.end_asterisk();
        if !self.slash_ends_path {
            self.write(b"/");
        }
    }

    /// More follows on the path of `OPTIONS *`.
    fn end_asterisk(&mut self) {
        if self.asterisk {
            self.asterisk = false;
            self.write(b"/*");
        }
    }

    /// What stands before a part of the query.
    fn write_mark(&mut self) {
        self.end_asterisk();
        let mark = if self.has_query { b"&" } else { b"?" };
        self.write(mark);
        self.has_query = true;
    }
}

impl fmt::Debug for Draft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft").field("needed", &self.needed).finish_non_exhaustive()
    }
}

/// The hexadecimal digit of a value below 16.
const fn digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'A' - 10 + value }
}
