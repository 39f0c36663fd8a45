//! Path and query of a request.

mod builder;
mod encoded;
mod parts;

use core::fmt;

use crate::buffer::ReadBuffer;
use crate::error::{BufferTooSmall, InvalidUri};
use crate::header::all_of;
use crate::text::text;

pub use builder::{BuildError, QueryBuilder, UriBuilder};
pub use encoded::{Decoded, Encoded};
pub use parts::{Pair, QueryPairs, Segments};

/// Path and query of a request, percent-encoded, in a form that every host accepts.
///
/// Hosts trap on a URI that they cannot parse, so one that exists here begins with a slash, has two
/// hexadecimal digits after every `%` of its path, and no character that RFC 3986 does not allow in a
/// path or query: no control character, no space, none of ``"#<>[]\^`{|}``, nothing beyond ASCII.
/// [`UriBuilder`] encodes what is not allowed.
///
/// A URI that a client sent, as [`Request::uri`](crate::Request::uri) reads it, may have such
/// characters all the same; it can be set again, as hosts take what they gave.
///
/// ```
/// use http_wasm_sdk::{Uri, uri};
/// assert_eq!(Uri::new(b"/a?b=c"), Ok(uri!("/a?b=c")));
/// assert!(Uri::new(b"a").is_err());
/// assert!(Uri::new(b"/%zz").is_err());
/// assert!(Uri::new("/café".as_bytes()).is_err());
/// assert_eq!(uri!("/a?b=c").path(), b"/a");
/// assert_eq!(uri!("/a?b=c").query(), Some(&b"b=c"[..]));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Uri<'a>(&'a [u8]);

text!(Uri, InvalidUri);

impl<'a> Uri<'a> {
    /// Takes bytes that are a path and perhaps a query.
    ///
    /// # Errors
    /// Where a host would trap on them.
    pub const fn new(bytes: &'a [u8]) -> Result<Self, InvalidUri> {
        match bytes {
            [b'/', rest @ ..] if is_target(rest) => Ok(Self(bytes)),
            _ => Err(InvalidUri(())),
        }
    }

    /// Path and query as bytes.
    #[inline]
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The path, percent-encoded: all before the first `?`.
    #[must_use]
    pub fn path(self) -> &'a [u8] {
        cut(self.0, b'?').0
    }

    /// The query, percent-encoded: all after the first `?`, or `None` where there is none.
    #[must_use]
    pub fn query(self) -> Option<&'a [u8]> {
        cut(self.0, b'?').1
    }
}

impl Uri<'static> {
    /// A constant URI.
    ///
    /// # Panics
    /// Where a host would trap on it; in a constant, and through [`uri!`](crate::uri!), that is an
    /// error of the compiler.
    #[must_use]
    #[track_caller]
    pub const fn from_static(uri: &'static str) -> Self {
        match Self::new(uri.as_bytes()) {
            Ok(uri) => uri,
            Err(_) => panic!("{}", InvalidUri::MESSAGE),
        }
    }
}

/// A constant URI, checked by the compiler: `uri!("/health")`.
#[macro_export]
macro_rules! uri {
    ($uri:expr) => {{
        const URI: $crate::Uri<'static> = $crate::Uri::from_static($uri);
        URI
    }};
}

/// What stands before the first `mark`, and what after it where there is one.
#[inline]
fn cut(bytes: &[u8], mark: u8) -> (&[u8], Option<&[u8]>) {
    let at = find(bytes, mark);
    (bytes.get(..at).unwrap_or(bytes), bytes.get(at + 1..))
}

/// Where the first `mark` is, or the end.
fn find(bytes: &[u8], mark: u8) -> usize {
    bytes.iter().position(|&byte| byte == mark).unwrap_or(bytes.len())
}

/// Whether this can follow the leading slash.
const fn is_target(mut rest: &[u8]) -> bool {
    loop {
        match rest {
            // Hosts take the query as it is, stray `%` and all.
            [b'?', query @ ..] => return all_of!(query, byte => byte == b'%' || is_plain(byte)),
            [b'%', high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                rest = tail;
            }
            [byte, tail @ ..] if is_plain(*byte) => rest = tail,
            [_, ..] => return false,
            [] => return true,
        }
    }
}

/// Whether a byte may stand in a path or query as it is.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.'
                | b'_'
                | b'~'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
                | b':'
                | b'@'
                | b'/'
                | b'?'
        )
}

/// The URI of the request in your buffer: a [`Uri`] whose prefix can be stripped.
///
/// ```
/// use http_wasm_sdk::prelude::*;
///
/// #[handler]
/// fn mount(request: &mut Request, reply: Reply<'_>) -> Result<Option<Responded>, Error> {
///     let mut buffer = Buffer::<1024>::new();
///     let mut uri = request.uri(&mut buffer)?;
///     if !uri.strip_prefix("/app") {
///         return Ok(Some(reply.status(StatusCode::NOT_FOUND).end()));
///     }
///     request.set_uri(&uri);
///     Ok(None)
/// }
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # assert_eq!(testing::run::<mount>(&Scenario::get("/app/a?b=c")).upstream().uri, "/a?b=c");
/// # assert_eq!(testing::run::<mount>(&Scenario::get("/app?b=c")).upstream().uri, "/?b=c");
/// # assert_eq!(testing::run::<mount>(&Scenario::get("/apples")).status(), 404);
/// ```
#[derive(PartialEq, Eq)]
pub struct RequestUri<'b>(&'b mut [u8]);

impl<'b> RequestUri<'b> {
    #[inline]
    pub(crate) const fn from_host(bytes: &'b mut [u8]) -> Self {
        Self(bytes)
    }

    /// The URI as it was read, without the prefixes that were stripped.
    #[inline]
    #[must_use]
    pub const fn as_uri(&self) -> Uri<'_> {
        Uri(self.0)
    }

    /// Path and query as bytes.
    #[inline]
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        self.0
    }

    /// The path, percent-encoded.
    #[must_use]
    pub fn path(&self) -> &[u8] {
        self.as_uri().path()
    }

    /// The query, percent-encoded, or `None` where there is none.
    #[must_use]
    pub fn query(&self) -> Option<&[u8]> {
        self.as_uri().query()
    }

    /// Whether the path, decoded, is this one; see [`Uri::path_is`].
    #[must_use]
    pub fn path_is(&self, path: impl AsRef<[u8]>) -> bool {
        self.as_uri().path_is(path)
    }

    /// The segments of the path; see [`Uri::segments`].
    #[must_use]
    pub fn segments(&self) -> Segments<'_> {
        self.as_uri().segments()
    }

    /// The pairs of the query; see [`Uri::query_pairs`].
    #[must_use]
    pub fn query_pairs(&self) -> QueryPairs<'_> {
        self.as_uri().query_pairs()
    }

    /// The first value of a key in the query; see [`Uri::query_value`].
    ///
    /// # Errors
    /// Where the value does not fit.
    pub fn query_value<'v>(
        &self,
        key: impl AsRef<[u8]>,
        buffer: &'v mut (impl ReadBuffer + ?Sized),
    ) -> Result<Option<&'v [u8]>, BufferTooSmall> {
        self.as_uri().query_value(key, buffer)
    }

    /// Strips whole segments from the front of the path, in place; the query stays.
    ///
    /// `prefix` begins with a slash and does not end in one. Stripping `/host` from `/host`, `/host/a`
    /// and `/host?b` leaves `/`, `/a` and `/?b`; it does not match `/hosts`. `false` where nothing was
    /// stripped, and for a prefix with a `?`, which is more than a path.
    ///
    /// Hosts trap on what cutting the bytes would leave of `/host?b`; this does not.
    #[inline]
    pub fn strip_prefix(&mut self, prefix: &str) -> bool {
        let start = match self.0.strip_prefix(prefix.as_bytes()) {
            Some([b'/', ..]) => prefix.len(),
            // What is left begins one byte earlier, with the slash that it lacks.
            Some([] | [b'?', ..]) if !prefix.is_empty() => prefix.len() - 1,
            _ => return false,
        };
        // What stands in a query may not do for a path.
        if prefix.as_bytes().contains(&b'?') {
            return false;
        }
        if let Some(rest) = core::mem::take(&mut self.0).get_mut(start..)
            && let Some(first) = rest.first_mut()
        {
            *first = b'/';
            self.0 = rest;
        }
        true
    }
}

impl fmt::Debug for RequestUri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_uri().fmt(f)
    }
}

impl<'a> From<&'a RequestUri<'_>> for Uri<'a> {
    #[inline]
    fn from(uri: &'a RequestUri<'_>) -> Self {
        uri.as_uri()
    }
}

#[cfg(test)]
mod tests;
