//! Reading and writing the four header maps.

use core::marker::PhantomData;

use http_wasm_abi::HeaderKind;

use crate::buffer::{Internal, Scratch};
use crate::error::TooLong;
use crate::header::{HeaderName, HeaderValue, known};
use crate::raw;

/// A header map that can be read: of the request, of the response, or trailers of either.
///
/// Which map it is was decided by where you got it from. Names are matched without regard to case,
/// which is why [`HeaderName`] is in lower case. ABI: `get_header_names`, `get_header_values`.
///
/// `host` can be read like any other. Pseudo-headers of HTTP/2 are not visible.
///
/// ```
/// use http_wasm_sdk::prelude::*;
///
/// #[handler]
/// fn guard(request: &mut Request, reply: Reply<'_>) -> Result<Option<Sent>, Error> {
///     let mut buffer = Buffer::<256>::new();
///     let headers = request.headers();
///     // Once or never: what is repeated could mean one thing here and another upstream.
///     let known = headers.get_one(name!("x-api-key"), &mut buffer)?.is_some_and(|key| key == "sesame");
///     // Any number of times, in order.
///     let internal = headers.get_all(known::VIA, &mut buffer)?.any(|via| via == "1.1 lan");
///     if known || internal || headers.contains(known::AUTHORIZATION) {
///         return Ok(None);
///     }
///     Ok(Some(reply.status(StatusCode::FORBIDDEN).end()))
/// }
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # let status = |scenario: Scenario| testing::run::<guard>(&scenario).status();
/// # assert_eq!(status(Scenario::get("/")), 403);
/// # assert_eq!(status(Scenario::get("/").header("x-api-key", "sesame")), 200);
/// # assert_eq!(status(Scenario::get("/").header("x-api-key", "sesame").header("x-api-key", "no")), 403);
/// # assert_eq!(status(Scenario::get("/").header("via", "1.1 wan").header("via", "1.1 lan")), 200);
/// # assert_eq!(status(Scenario::get("/").header("authorization", "Basic YTpi")), 200);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Headers<'a> {
    kind: HeaderKind,
    _borrow: PhantomData<&'a ()>,
}

impl Headers<'_> {
    #[inline]
    pub(crate) const fn of(kind: HeaderKind) -> Self {
        Self { kind, _borrow: PhantomData }
    }

    /// The first value of a header, or `None` where it is absent. ABI: `get_header_values`.
    ///
    /// # Errors
    /// Where its values, all of them, do not fit into `buffer`.
    #[inline]
    pub fn get<'b>(
        &self,
        name: HeaderName<'_>,
        buffer: &'b mut (impl Scratch + ?Sized),
    ) -> Result<Option<HeaderValue<'b>>, TooLong> {
        Ok(self.get_all(name, buffer)?.next())
    }

    /// The value of a header that is there exactly once; `None` where it is absent or repeated.
    ///
    /// This is the cheapest way to read a header, and for those that must not be repeated, such as
    /// `authorization`, the right one.
    ///
    /// # Errors
    /// Where its values, all of them, do not fit into `buffer`.
    #[inline]
    pub fn get_one<'b>(
        &self,
        name: HeaderName<'_>,
        buffer: &'b mut (impl Scratch + ?Sized),
    ) -> Result<Option<HeaderValue<'b>>, TooLong> {
        let (count, bytes) = raw::header_values(self.kind, name.as_bytes(), buffer.lend(Internal))?;
        Ok(match bytes {
            // What a single value's terminator ends is the value, whatever it holds.
            [value @ .., _terminator] if count == 1 => Some(HeaderValue::from_host(value)),
            _ => None,
        })
    }

    /// All values of a header, in order; none where it is absent. ABI: `get_header_values`.
    ///
    /// # Errors
    /// Where they do not fit into `buffer`.
    #[inline]
    pub fn get_all<'b>(
        &self,
        name: HeaderName<'_>,
        buffer: &'b mut (impl Scratch + ?Sized),
    ) -> Result<Values<'b>, TooLong> {
        let (count, bytes) = raw::header_values(self.kind, name.as_bytes(), buffer.lend(Internal))?;
        Ok(Values(Items { count, rest: bytes }))
    }

    /// Whether a header is there, with whatever value. ABI: `get_header_values`.
    #[inline]
    #[must_use]
    pub fn contains(&self, name: HeaderName<'_>) -> bool {
        match raw::header_values(self.kind, name.as_bytes(), &mut []) {
            // Only values that need no room fit into none.
            Ok((count, _)) => count != 0,
            Err(TooLong { needed }) => needed != 0,
        }
    }

    /// The names of all headers, in lower case; sorted, on most hosts. ABI: `get_header_names`.
    ///
    /// # Errors
    /// Where they do not fit into `buffer`.
    #[inline]
    pub fn names<'b>(&self, buffer: &'b mut (impl Scratch + ?Sized)) -> Result<Names<'b>, TooLong> {
        let (count, bytes) = raw::header_names(self.kind, buffer.lend(Internal))?;
        Ok(Names(Items { count, rest: bytes }))
    }

    /// Shows every header to `see`, a value at a time: the names are read into one buffer, the values
    /// of each name into the other.
    ///
    /// ```
    /// use http_wasm_sdk::prelude::*;
    ///
    /// #[handler]
    /// fn audit(request: &mut Request) -> Result<(), Error> {
    ///     let (mut names, mut values) = (Buffer::<1024>::new(), Buffer::<4096>::new());
    ///     request.headers().for_each(&mut names, &mut values, |name, value| {
    ///         if name != known::AUTHORIZATION {
    ///             log::format(log::Level::Info, format_args!("{name}: {value}"));
    ///         }
    ///     })?;
    ///     Ok(())
    /// }
    /// # use http_wasm_sdk::testing::{self, Scenario};
    /// # let request = Scenario::get("/").header("b", "1").header("authorization", "x").header("a", "2");
    /// # assert_eq!(testing::run::<audit>(&request).messages(), ["info: a: 2", "info: b: 1"]);
    /// ```
    ///
    /// # Errors
    /// Where the names, or the values of one of them, do not fit. `see` has then seen the headers
    /// before that one.
    pub fn for_each(
        &self,
        names: &mut (impl Scratch + ?Sized),
        values: &mut (impl Scratch + ?Sized),
        mut see: impl FnMut(HeaderName<'_>, HeaderValue<'_>),
    ) -> Result<(), TooLong> {
        for name in self.names(names)? {
            for value in self.get_all(name, values)? {
                see(name, value);
            }
        }
        Ok(())
    }
}

/// A header map that can be changed. It can be read as well, as [`Headers`].
///
/// Three headers are not the guest's to change: [`content-length`](known::CONTENT_LENGTH),
/// [`transfer-encoding`](known::TRANSFER_ENCODING) and [`host`](known::HOST) say what their hosts do
/// with them. Nothing keeps you from setting them, since on some hosts and for some messages it is
/// right; the strict profile of the testing kit reports where it is not portable.
///
/// ```
/// use http_wasm_sdk::prelude::*;
///
/// #[handler]
/// fn mark(request: &mut Request) {
///     let mut headers = request.headers_mut();
///     headers.remove(known::COOKIE);
///     headers.insert(name!("x-tenant"), value!("blue"));
///     headers.append(known::VIA, value!("1.1 filter"));
///     headers.insert(name!("x-budget"), HeaderValue::from_u64(250, &mut [0; 20]));
/// }
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # let request = Scenario::get("/").header("cookie", "a=b").header("via", "1.1 front");
/// # let outcome = testing::run::<mark>(&request);
/// # assert_eq!(outcome.upstream_header("cookie"), None);
/// # assert_eq!(outcome.upstream_header("x-tenant"), Some("blue"));
/// # assert_eq!(outcome.upstream_header("x-budget"), Some("250"));
/// # assert_eq!(outcome.upstream_headers("via"), ["1.1 front", "1.1 filter"]);
/// ```
///
/// ABI: `set_header_value`, `add_header_value`, `remove_header`. Hosts trap where a header can no longer
/// be changed, and on an empty name; neither can be written here.
#[derive(Debug)]
pub struct HeadersMut<'a> {
    headers: Headers<'a>,
    /// Of an answer before its body: a `content-length` of the guest's could make the body trap.
    length_is_fixed: bool,
}

impl<'a> HeadersMut<'a> {
    #[inline]
    pub(crate) const fn of(kind: HeaderKind) -> Self {
        Self { headers: Headers::of(kind), length_is_fixed: false }
    }

    /// The headers of the response that a request hook may give.
    #[inline]
    pub(crate) const fn of_answer() -> Self {
        Self { headers: Headers::of(HeaderKind::Response), length_is_fixed: true }
    }

    /// Whether this header is not to be set.
    #[inline]
    fn is_fixed(&self, name: HeaderName<'_>) -> bool {
        self.length_is_fixed && name == known::CONTENT_LENGTH
    }

    /// Replaces all values of a header by one. ABI: `set_header_value`.
    #[inline]
    pub fn insert(&mut self, name: HeaderName<'_>, value: HeaderValue<'_>) {
        if !self.is_fixed(name) {
            raw::set_header(self.headers.kind, name.as_bytes(), value.as_bytes());
        }
    }

    /// Adds a value to those that a header has. ABI: `add_header_value`.
    #[inline]
    pub fn append(&mut self, name: HeaderName<'_>, value: HeaderValue<'_>) {
        if !self.is_fixed(name) {
            raw::add_header(self.headers.kind, name.as_bytes(), value.as_bytes());
        }
    }

    /// Removes all values of a header; nothing where there are none. ABI: `remove_header`.
    #[inline]
    pub fn remove(&mut self, name: HeaderName<'_>) {
        raw::remove_header(self.headers.kind, name.as_bytes());
    }
}

impl<'a> core::ops::Deref for HeadersMut<'a> {
    type Target = Headers<'a>;

    #[inline]
    fn deref(&self) -> &Headers<'a> {
        &self.headers
    }
}

/// Items that a host has written one after the other, each ended by NUL.
///
/// NUL is not escaped, so an item that holds one looks like two. The count says how many there
/// are: the last of them takes all that is left.
#[derive(Clone, Debug)]
struct Items<'b> {
    count: u32,
    rest: &'b [u8],
}

impl<'b> Iterator for Items<'b> {
    type Item = &'b [u8];

    fn next(&mut self) -> Option<&'b [u8]> {
        self.count = self.count.checked_sub(1)?;
        if self.count == 0 {
            let last = core::mem::take(&mut self.rest);
            return Some(last.strip_suffix(&[0]).unwrap_or(last));
        }
        let mut parts = self.rest.splitn(2, |&byte| byte == 0);
        let item = parts.next()?;
        match parts.next() {
            Some(rest) => self.rest = rest,
            // Fewer terminators than items: there is nothing left to give.
            None => *self = Items { count: 0, rest: &[] },
        }
        Some(item)
    }
}

/// The values of one header; see [`Headers::get_all`].
#[derive(Clone, Debug)]
pub struct Values<'b>(Items<'b>);

impl<'b> Iterator for Values<'b> {
    type Item = HeaderValue<'b>;

    fn next(&mut self) -> Option<HeaderValue<'b>> {
        self.0.next().map(HeaderValue::from_host)
    }
}

/// The names of a header map; see [`Headers::names`].
#[derive(Clone, Debug)]
pub struct Names<'b>(Items<'b>);

impl<'b> Iterator for Names<'b> {
    type Item = HeaderName<'b>;

    fn next(&mut self) -> Option<HeaderName<'b>> {
        // A name that is empty would trap a host that is asked for it.
        self.0.find(|name| !name.is_empty()).map(HeaderName::from_host)
    }
}

#[cfg(test)]
mod tests {
    use super::Items;
    extern crate std;
    use std::vec::Vec;

    fn items(count: u32, rest: &[u8]) -> Vec<&[u8]> {
        Items { count, rest }.collect()
    }

    #[test]
    fn items_are_split_by_count_and_terminator() {
        assert_eq!(items(0, b""), [b""; 0]);
        assert_eq!(items(1, b"\0"), [b""]);
        assert_eq!(items(2, b"a\0bc\0"), [&b"a"[..], b"bc"]);
        assert_eq!(items(3, b"\0\0\0"), [b""; 3]);
    }

    #[test]
    fn a_nul_inside_stays_with_the_last_item() {
        assert_eq!(items(1, b"a\0b\0"), [b"a\0b"]);
        assert_eq!(items(2, b"a\0b\0c\0"), [&b"a"[..], b"b\0c"]);
    }

    #[test]
    fn a_count_that_promises_too_much_ends_early() {
        assert_eq!(items(3, b"a\0"), [&b"a"[..], b""]);
        assert_eq!(items(u32::MAX, b""), [b""]);
        assert_eq!(items(1, b"a"), [b"a"]);
    }

    /// What a host writes for these items.
    fn written(items: &[Vec<u8>]) -> Vec<u8> {
        items.iter().flat_map(|item| item.iter().copied().chain([0])).collect()
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config {
            cases: if cfg!(miri) { 8 } else { 1000 },
            failure_persistence: None,
            ..Default::default()
        })]

        #[test]
        fn what_a_host_writes_reads_back(
            list in proptest::collection::vec(proptest::collection::vec(1_u8.., 0..6), 0..6),
        ) {
            let bytes = written(&list);
            proptest::prop_assert_eq!(items(list.len() as u32, &bytes), list);
        }

        #[test]
        fn no_byte_is_lost_or_made_up(count in 0_u32..8, bytes in proptest::collection::vec(0_u8..3, 0..12)) {
            let found = items(count, &bytes);
            proptest::prop_assert!(found.len() <= count as usize);
            let joined = found.join(&0);
            if count > 0 {
                let whole = bytes.strip_suffix(&[0]).unwrap_or(&bytes);
                // Where there are fewer terminators than items, the last one is an end or an item.
                proptest::prop_assert!(joined == whole || joined == bytes, "{joined:?}");
            }
        }
    }
}
