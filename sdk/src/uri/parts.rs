//! The parts of a URI: segments of the path, pairs of the query.

use core::fmt;

use super::encoded::Encoded;
use super::target::{Uri, cut};
use crate::buffer::ReadBuffer;
use crate::error::BufferTooSmall;

impl<'a> Uri<'a> {
    /// Whether the path, decoded, is this one: `/%61dmin` is `/admin`.
    ///
    /// An encoded slash counts as a slash here; take [`segments`](Self::segments) where the
    /// difference matters. Nothing is normalised: `/a/../admin` and `//admin` are not `/admin`, but
    /// an upstream may take them for it.
    ///
    /// ```
    /// use http_wasm_sdk::uri;
    /// assert!(uri!("/%61dmin?user=1").path_is("/admin"));
    /// assert!(!uri!("/admin/").path_is("/admin"));
    /// ```
    #[must_use]
    pub fn path_is(self, path: impl AsRef<[u8]>) -> bool {
        Encoded::of_path(self.path()).is(path)
    }

    /// The segments of the path, between its slashes: `/a/b` has the segments `a` and `b`, `/a/` has
    /// `a` and an empty one, `/` an empty one.
    ///
    /// ```
    /// use http_wasm_sdk::uri;
    /// let mut segments = uri!("/users/J%2FD?all").segments();
    /// assert!(segments.next().is_some_and(|segment| segment.is("users")));
    /// assert!(segments.next().is_some_and(|segment| segment.is("J/D")));
    /// assert!(segments.next().is_none());
    /// ```
    #[must_use]
    pub fn segments(self) -> Segments<'a> {
        let path = self.path();
        Segments(Some(path.strip_prefix(b"/").unwrap_or(path)))
    }

    /// The pairs of the query, in order, as HTML forms write them: `key=value` joined by `&`. A pair
    /// without `=` has an empty value; empty pairs are left out.
    ///
    /// ```
    /// use http_wasm_sdk::uri;
    /// let uri = uri!("/?tag=a&tag=b%26c&&debug");
    /// let mut tags = uri.query_pairs().filter(|pair| pair.key.is("tag"));
    /// assert!(tags.next().is_some_and(|tag| tag.value.is("a")));
    /// assert!(tags.next().is_some_and(|tag| tag.value.is("b&c")));
    /// assert!(uri.query_pairs().any(|pair| pair.key.is("debug") && pair.value.is("")));
    /// ```
    #[must_use]
    pub fn query_pairs(self) -> QueryPairs<'a> {
        QueryPairs(self.query())
    }

    /// The first value of this key in the query, decoded into `buffer`; `None` where it is absent.
    ///
    /// Where a key may come twice, an upstream may take the last one: look at all
    /// [`query_pairs`](Self::query_pairs) where a decision about access depends on it.
    ///
    /// ```
    /// use http_wasm_sdk::{Buffer, uri};
    /// let mut buffer = Buffer::<64>::new();
    /// assert_eq!(uri!("/?q=a+b").query_value("q", &mut buffer), Ok(Some(&b"a b"[..])));
    /// assert_eq!(uri!("/?q=a+b").query_value("page", &mut buffer), Ok(None));
    /// ```
    ///
    /// # Errors
    /// Where the value does not fit.
    pub fn query_value(
        self,
        key: impl AsRef<[u8]>,
        buffer: &mut (impl ReadBuffer + ?Sized),
    ) -> Result<Option<&[u8]>, BufferTooSmall> {
        let key = key.as_ref();
        match self.query_pairs().find(|pair| pair.key.is(key)) {
            Some(pair) => pair.value.decode(buffer).map(Some),
            None => Ok(None),
        }
    }
}

/// The segments of a path; see [`Uri::segments`].
///
/// ```
/// use http_wasm_sdk::{Encoded, Segments, uri};
///
/// /// Whose page it is: `/users/NAME`, and nothing after it.
/// fn user(mut segments: Segments<'_>) -> Option<Encoded<'_>> {
///     segments.next().filter(|first| first.is("users"))?;
///     let name = segments.next()?;
///     segments.next().is_none().then_some(name)
/// }
/// assert!(user(uri!("/users/J%2FD?all").segments()).is_some_and(|name| name.is("J/D")));
/// assert!(user(uri!("/users/a/b").segments()).is_none());
/// assert!(user(uri!("/").segments()).is_none());
/// ```
#[derive(Clone, Debug)]
pub struct Segments<'a>(Option<&'a [u8]>);

impl<'a> Iterator for Segments<'a> {
    type Item = Encoded<'a>;

    fn next(&mut self) -> Option<Encoded<'a>> {
        let (segment, rest) = cut(self.0?, b'/');
        self.0 = rest;
        Some(Encoded::of_path(segment))
    }
}

/// A key of the query and its value; see [`Uri::query_pairs`].
#[derive(Clone, Copy)]
pub struct Pair<'a> {
    /// The key: everything before the first `=`, or all of it.
    pub key: Encoded<'a>,
    /// The value: everything after the first `=`; empty without one.
    pub value: Encoded<'a>,
    bytes: &'a [u8],
}

impl<'a> Pair<'a> {
    /// The pair that these bytes between two `&` are.
    #[inline]
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        let (key, value) = cut(bytes, b'=');
        let value = Encoded::of_query(value.unwrap_or_default());
        Self { key: Encoded::of_query(key), value, bytes }
    }

    /// The pair as it stands in the URI, with its `=` where it has one.
    #[inline]
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.bytes
    }
}

impl fmt::Debug for Pair<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pair({})", self.bytes.escape_ascii())
    }
}

/// The pairs of a query; see [`Uri::query_pairs`].
///
/// ```
/// use http_wasm_sdk::{QueryPairs, uri};
///
/// /// Whether a flag is there and not switched off. The last one counts.
/// fn is_on(pairs: QueryPairs<'_>, flag: &str) -> bool {
///     pairs.filter(|pair| pair.key.is(flag)).last().is_some_and(|pair| !pair.value.is("off"))
/// }
/// assert!(is_on(uri!("/?debug").query_pairs(), "debug"));
/// assert!(!is_on(uri!("/?debug=on&debug=o%66f").query_pairs(), "debug"));
/// assert!(!is_on(uri!("/").query_pairs(), "debug"));
/// ```
#[derive(Clone, Debug)]
pub struct QueryPairs<'a>(Option<&'a [u8]>);

impl<'a> Iterator for QueryPairs<'a> {
    type Item = Pair<'a>;

    fn next(&mut self) -> Option<Pair<'a>> {
        loop {
            let (pair, rest) = cut(self.0?, b'&');
            self.0 = rest;
            if !pair.is_empty() {
                return Some(Pair::of(pair));
            }
        }
    }
}
