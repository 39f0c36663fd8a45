//! Reading and writing header and trailer sections.

use core::marker::PhantomData;

use crate::backend::{self, BufferTooSmall, Items, Section};
use crate::buffer::{ReadBuffer, SealedToken};
use crate::header::{HeaderName, HeaderValue, known};

/// Reads headers: of the request or of the response, or the trailers of either.
///
/// The value that you got it from decides which. Names are matched without regard to case,
/// which is why [`HeaderName`] is in lower case. ABI: `get_header_names`, `get_header_values`.
///
/// `host` can be read like any other. Pseudo-headers of HTTP/2 are not visible.
///
/// ```
/// use http_wasm_sdk::prelude::*;
///
/// #[handler]
/// fn guard(request: &mut Request, reply: Reply<'_>) -> Result<Option<Responded>, Error> {
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
    section: Section,
    _borrow: PhantomData<&'a ()>,
}

impl Headers<'_> {
    #[inline]
    pub(crate) const fn of(section: Section) -> Self {
        Self { section, _borrow: PhantomData }
    }

    /// The first value of a header, or `None` where it is absent. ABI: `get_header_values`.
    ///
    /// # Errors
    /// Where its values, all of them, do not fit into `buffer`.
    #[inline]
    pub fn get<'b>(
        &self,
        name: HeaderName<'_>,
        buffer: &'b mut (impl ReadBuffer + ?Sized),
    ) -> Result<Option<HeaderValue<'b>>, BufferTooSmall> {
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
        buffer: &'b mut (impl ReadBuffer + ?Sized),
    ) -> Result<Option<HeaderValue<'b>>, BufferTooSmall> {
        let values =
            backend::header_values(self.section, name.as_bytes(), buffer.lend(SealedToken))?;
        Ok(values.only().map(HeaderValue::from_host))
    }

    /// All values of a header, in order; none where it is absent. ABI: `get_header_values`.
    ///
    /// # Errors
    /// Where they do not fit into `buffer`.
    #[inline]
    pub fn get_all<'b>(
        &self,
        name: HeaderName<'_>,
        buffer: &'b mut (impl ReadBuffer + ?Sized),
    ) -> Result<Values<'b>, BufferTooSmall> {
        backend::header_values(self.section, name.as_bytes(), buffer.lend(SealedToken)).map(Values)
    }

    /// Whether a header is there, with whatever value. ABI: `get_header_values`.
    #[inline]
    #[must_use]
    pub fn contains(&self, name: HeaderName<'_>) -> bool {
        backend::has_header(self.section, name.as_bytes())
    }

    /// The names of all headers, in lower case; sorted, on most hosts. ABI: `get_header_names`.
    ///
    /// # Errors
    /// Where they do not fit into `buffer`.
    #[inline]
    pub fn names<'b>(
        &self,
        buffer: &'b mut (impl ReadBuffer + ?Sized),
    ) -> Result<Names<'b>, BufferTooSmall> {
        backend::header_names(self.section, buffer.lend(SealedToken)).map(Names)
    }

    /// Calls `see` with every header, a value at a time: the names are read into one buffer, the values
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
        names: &mut (impl ReadBuffer + ?Sized),
        values: &mut (impl ReadBuffer + ?Sized),
        mut see: impl FnMut(HeaderName<'_>, HeaderValue<'_>),
    ) -> Result<(), BufferTooSmall> {
        for name in self.names(names)? {
            for value in self.get_all(name, values)? {
                see(name, value);
            }
        }
        Ok(())
    }
}

/// Changes headers, and reads them, as [`Headers`] does.
///
/// Leave three headers to the host: [`content-length`](known::CONTENT_LENGTH),
/// [`transfer-encoding`](known::TRANSFER_ENCODING) and [`host`](known::HOST) say what hosts do with
/// them. You can set them, since on some hosts and for some messages that is right; the strict profile
/// of the testing kit reports where it is not portable.
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
/// be changed, and on an empty name; neither compiles here.
#[derive(Debug)]
pub struct HeadersMut<'a> {
    headers: Headers<'a>,
    /// Set for a reply, whose body could trap if the guest set `content-length`.
    length_is_fixed: bool,
}

impl<'a> HeadersMut<'a> {
    #[inline]
    pub(crate) const fn of(section: Section) -> Self {
        Self { headers: Headers::of(section), length_is_fixed: false }
    }

    /// The headers of a reply.
    #[inline]
    pub(crate) const fn of_reply() -> Self {
        Self { headers: Headers::of(Section::ResponseHeaders), length_is_fixed: true }
    }

    /// Whether the guest must not set this header.
    #[inline]
    fn is_fixed(&self, name: HeaderName<'_>) -> bool {
        self.length_is_fixed && name == known::CONTENT_LENGTH
    }

    /// Replaces all values of a header by one. ABI: `set_header_value`.
    #[inline]
    pub fn insert(&mut self, name: HeaderName<'_>, value: HeaderValue<'_>) {
        if !self.is_fixed(name) {
            backend::set_header(self.headers.section, name.as_bytes(), value.as_bytes());
        }
    }

    /// Adds a value to those that a header has. ABI: `add_header_value`.
    #[inline]
    pub fn append(&mut self, name: HeaderName<'_>, value: HeaderValue<'_>) {
        if !self.is_fixed(name) {
            backend::add_header(self.headers.section, name.as_bytes(), value.as_bytes());
        }
    }

    /// Removes all values of a header; nothing where there are none. ABI: `remove_header`.
    #[inline]
    pub fn remove(&mut self, name: HeaderName<'_>) {
        backend::remove_header(self.headers.section, name.as_bytes());
    }
}

impl<'a> core::ops::Deref for HeadersMut<'a> {
    type Target = Headers<'a>;

    #[inline]
    fn deref(&self) -> &Headers<'a> {
        &self.headers
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
