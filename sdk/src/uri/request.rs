//! The URI of the request.

use core::fmt;

use super::parts::{Pair, QueryPairs, Segments};
use super::target::{Uri, cut};
use crate::buffer::ReadBuffer;
use crate::error::BufferTooSmall;

/// The URI of the request in your buffer: a [`Uri`] whose prefix can be stripped, and whose query can lose
/// pairs.
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
        if let Some(rest) = core::mem::take(&mut self.0).get_mut(start..) {
            if let Some(first) = rest.first_mut() {
                *first = b'/';
                self.0 = rest;
            }
        }
        true
    }

    /// Removes the pairs of the query for which `keep` is false, in place. All other bytes stay as the client
    /// sent them; a query of which nothing is left goes, with its `?`.
    ///
    /// To replace or add pairs there is [`UriBuilder::pairs`](crate::UriBuilder::pairs).
    ///
    /// ```
    /// use http_wasm_sdk::prelude::*;
    ///
    /// #[handler]
    /// fn no_tracking(request: &mut Request) -> Result<(), Error> {
    ///     let mut buffer = Buffer::<4096>::new();
    ///     let mut uri = request.uri(&mut buffer)?;
    ///     uri.retain_query(|pair| !pair.key.bytes().take(4).eq(*b"utm_"));
    ///     request.set_uri(&uri);
    ///     Ok(())
    /// }
    /// # use http_wasm_sdk::testing::{self, Scenario};
    /// # let upstream = |uri| testing::run::<no_tracking>(&Scenario::get(uri)).upstream().uri.clone();
    /// # assert_eq!(upstream("/a?f[a]=%31&%75tm_x=2&sort&q=\"<a>\""), "/a?f[a]=%31&sort&q=\"<a>\"");
    /// # assert_eq!(upstream("/a?utm_x=2"), "/a");
    /// ```
    pub fn retain_query(&mut self, mut keep: impl FnMut(Pair<'_>) -> bool) {
        let bytes = core::mem::take(&mut self.0);
        let path = cut(bytes, b'?').0.len();
        let mut kept = path;
        let mut removed = false;
        // Each piece has its mark before it, `?` or `&`.
        let mut mark = path;
        while let Some(rest) = bytes.get(mark + 1..) {
            let piece = cut(rest, b'&').0;
            let next = mark + 1 + piece.len();
            if piece.is_empty() || keep(Pair::of(piece)) {
                for from in mark..next {
                    let byte = bytes.get(from).copied().unwrap_or_default();
                    if let Some(to) = bytes.get_mut(kept) {
                        *to = if kept == path { b'?' } else { byte };
                        kept += 1;
                    }
                }
            } else {
                removed = true;
            }
            mark = next;
        }
        if removed && kept == path + 1 {
            kept = path;
        }
        self.0 = bytes.get_mut(..kept).unwrap_or_default();
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
