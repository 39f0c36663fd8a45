//! Path and query of a request.

use core::fmt;

use crate::error::InvalidUri;
use crate::header::all_of;

/// Path and query of a request, percent-encoded, in a form that every host accepts.
///
/// Hosts trap on a URI that they cannot parse, so one that exists here begins with a slash, has two
/// hexadecimal digits after every `%` of its path, and no control character, space or `#`.
///
/// ```
/// use http_wasm_sdk::{Uri, uri};
/// assert_eq!(Uri::new(b"/a?b=c"), Ok(uri!("/a?b=c")));
/// assert!(Uri::new(b"a").is_err());
/// assert!(Uri::new(b"/%zz").is_err());
/// assert_eq!(uri!("/a?b=c").path(), b"/a");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Uri<'a>(&'a [u8]);

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
        self.0.split(|&byte| byte == b'?').next().unwrap_or(self.0)
    }

    /// The query, percent-encoded: all after the first `?`, or `None` where there is none.
    #[must_use]
    pub fn query(self) -> Option<&'a [u8]> {
        self.0.splitn(2, |&byte| byte == b'?').nth(1)
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
            Err(_) => panic!(
                "invalid URI: wanted a path that begins with a slash, percent-encoded, and perhaps a query"
            ),
        }
    }
}

impl fmt::Debug for Uri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uri({})", self.0.escape_ascii())
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

/// Whether this can follow the leading slash.
const fn is_target(mut rest: &[u8]) -> bool {
    loop {
        match rest {
            // Hosts take the query as it is, but for what cannot be in a request line.
            [b'?', query @ ..] => {
                return all_of!(query, byte => byte > b' ' && byte != 0x7f && byte != b'#');
            }
            [b'%', high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                rest = tail;
            }
            [0..=b' ' | 0x7f | b'#' | b'%', ..] => return false,
            [_, tail @ ..] => rest = tail,
            [] => return true,
        }
    }
}

/// The URI of the request, as read into your buffer: a [`Uri`] of which a prefix can be taken off.
#[derive(PartialEq, Eq)]
pub struct RequestUri<'b>(&'b mut [u8]);

impl<'b> RequestUri<'b> {
    #[inline]
    pub(crate) const fn from_host(bytes: &'b mut [u8]) -> Self {
        Self(bytes)
    }

    /// The URI as it was read, or what taking prefixes off has left of it.
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

    /// Takes whole segments off the front of the path, in place; the query stays.
    ///
    /// `prefix` begins with a slash and does not end in one. `/host` comes off `/host`, `/host/a`
    /// and `/host?b`, which leaves `/`, `/a` and `/?b`; off `/hosts` it does not. `false` says that
    /// nothing was taken off.
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
mod tests {
    use super::*;
    extern crate std;

    fn stripped(uri: &str, prefix: &str) -> (bool, std::string::String) {
        let mut bytes = uri.as_bytes().to_vec();
        let mut uri = RequestUri::from_host(&mut bytes);
        let done = uri.strip_prefix(prefix);
        (done, std::str::from_utf8(uri.as_bytes()).unwrap().into())
    }

    #[test]
    fn a_prefix_comes_off_in_whole_segments() {
        assert_eq!(stripped("/host/a?b", "/host"), (true, "/a?b".into()));
        assert_eq!(stripped("/host", "/host"), (true, "/".into()));
        assert_eq!(stripped("/host?b", "/host"), (true, "/?b".into()));
        assert_eq!(stripped("/host/", "/host"), (true, "/".into()));
        assert_eq!(stripped("/hosts", "/host"), (false, "/hosts".into()));
        assert_eq!(stripped("/", "/host"), (false, "/".into()));
        assert_eq!(stripped("", "/host"), (false, "".into()));
        assert_eq!(stripped("/a", ""), (true, "/a".into()));
    }

    #[test]
    fn what_a_host_cannot_parse_is_no_uri() {
        for good in ["/", "/a%2Fb", "/a?%zz", "/ä", "//a", "/a:b?c?d"] {
            assert!(Uri::new(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in
            ["", "a", "?a", "/ ", "/a b", "/%", "/%4", "/%4g", "/a#b", "/a?b#c", "/\n", "/a?b c"]
        {
            assert!(Uri::new(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn path_and_query_part_at_the_first_question_mark() {
        let uri = uri!("/a?b?c");
        assert_eq!((uri.path(), uri.query()), (&b"/a"[..], Some(&b"b?c"[..])));
        assert_eq!((uri!("/a").path(), uri!("/a").query()), (&b"/a"[..], None));
        assert_eq!(uri!("/a?").query(), Some(&b""[..]));
    }
}
