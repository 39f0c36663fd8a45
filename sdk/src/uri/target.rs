//! Path and query as a type.

use crate::error::InvalidUri;
use crate::header::all_of;
use crate::text::text;

/// Path and query of a request, percent-encoded, in a form that every host accepts.
///
/// Hosts trap on a URI that they cannot parse, so one that exists here begins with a slash, has two
/// hexadecimal digits after every `%` of its path, and no control character, no space, none of `"#<>` and
/// nothing beyond ASCII. Its path has none of ``[]\^`{|}`` either, which browsers leave as they are in a query:
/// `?filter[name]=a`. [`UriBuilder`](crate::UriBuilder) encodes what is not allowed.
///
/// A URI that a client sent, as [`Request::uri`](crate::Request::uri) reads it, may have all such
/// characters; it can be set again, as hosts take what they gave. So [`RequestUri`](crate::RequestUri)
/// and [`UriBuilder`](crate::UriBuilder) change parts of it, and leave the rest as the client wrote it.
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
pub struct Uri<'a>(pub(super) &'a [u8]);

text!(Uri, InvalidUri);

impl<'a> Uri<'a> {
    /// Takes bytes that are a path and perhaps a query.
    ///
    /// # Errors
    /// Where a host would trap on them.
    pub const fn new(bytes: &'a [u8]) -> Result<Self, InvalidUri> {
        match bytes {
            [b'/', rest @ ..] if is_target(rest) => Ok(Self(bytes)),
            b"*" => Ok(Self(bytes)),
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

/// Splits at the first `mark`; without one there is no second part.
#[inline]
pub(super) fn cut(bytes: &[u8], mark: u8) -> (&[u8], Option<&[u8]>) {
    let at = find(bytes, mark);
    (bytes.get(..at).unwrap_or(bytes), bytes.get(at + 1..))
}

/// Finds the first `mark`, or the end.
fn find(bytes: &[u8], mark: u8) -> usize {
    bytes.iter().position(|&byte| byte == mark).unwrap_or(bytes.len())
}

/// Whether this can follow the leading slash.
const fn is_target(mut rest: &[u8]) -> bool {
    loop {
        match rest {
            // Hosts take the query as it is, stray `%` and all.
            [b'?', query @ ..] => {
                return all_of!(query, byte => byte > b' ' && byte < 0x7f && !matches!(byte, b'"' | b'#' | b'<' | b'>'));
            }
            [b'%', high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                rest = tail;
            }
            [byte, tail @ ..] if is_plain(*byte) => rest = tail,
            [_, ..] => return false,
            [] => return true,
        }
    }
}

/// Whether a byte may stand in a path as it is.
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
        )
}
