//! Names and values of headers that cannot be wrong.

use crate::error::{InvalidHeaderName, InvalidHeaderValue};

/// The name of a header, in lower case.
///
/// A host traps on an empty name, drops an invalid one without a word, and one of them looks up
/// nothing but lower case; so a name that exists here is a non-empty token in lower case.
///
/// Constants are checked by the compiler and cost nothing:
///
/// ```
/// use http_wasm_sdk::{HeaderName, name};
/// const TENANT: HeaderName = HeaderName::from_static("x-tenant");
/// assert_eq!(TENANT, name!("x-tenant"));
/// ```
///
/// ```compile_fail
/// # use http_wasm_sdk::name;
/// let tenant = name!("X-Tenant"); // header names are lower-case
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HeaderName<'a>(&'a [u8]);

/// Whether a byte may stand in a token of HTTP; upper case is for the caller to judge.
pub(crate) const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

/// Whether all bytes are good, and there is one at least.
macro_rules! all_of {
    ($bytes:expr, $byte:ident => $good:expr) => {{
        let bytes: &[u8] = $bytes;
        let mut rest = bytes;
        let mut good = true;
        while let [$byte, tail @ ..] = rest {
            let $byte = *$byte;
            good &= $good;
            rest = tail;
        }
        good
    }};
}
pub(crate) use all_of;

impl<'a> HeaderName<'a> {
    /// Takes bytes that are a name in lower case.
    ///
    /// # Errors
    /// Where they are empty, or hold a byte that a name in lower case cannot have.
    pub const fn new(bytes: &'a [u8]) -> Result<Self, InvalidHeaderName> {
        if !bytes.is_empty() && all_of!(bytes, byte => is_token(byte) && !byte.is_ascii_uppercase())
        {
            Ok(Self(bytes))
        } else {
            Err(InvalidHeaderName(()))
        }
    }

    /// Writes bytes of either case in lower case and takes them.
    ///
    /// # Errors
    /// Where they are empty, or hold a byte that a name cannot have.
    pub fn lower(bytes: &'a mut [u8]) -> Result<Self, InvalidHeaderName> {
        bytes.make_ascii_lowercase();
        Self::new(bytes)
    }

    /// The name as bytes.
    #[inline]
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// A name that a host has listed. One that no guest could send is passed on as it came.
    #[inline]
    pub(crate) const fn from_host(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }
}

impl HeaderName<'static> {
    /// A constant name.
    ///
    /// # Panics
    /// Where it is no name in lower case; in a constant, and through [`name!`](crate::name), that
    /// is an error of the compiler.
    #[must_use]
    #[track_caller]
    pub const fn from_static(name: &'static str) -> Self {
        match Self::new(name.as_bytes()) {
            Ok(name) => name,
            Err(_) => panic!("{}", InvalidHeaderName::MESSAGE),
        }
    }
}

/// A constant header name, checked by the compiler: `name!("x-tenant")`.
#[macro_export]
macro_rules! name {
    ($name:expr) => {{
        // An item, since `cargo check` does not look into inline constants.
        const NAME: $crate::HeaderName<'static> = $crate::HeaderName::from_static($name);
        NAME
    }};
}

/// The value of a header: any bytes but control characters, of which only the tab is allowed.
///
/// Hosts turn line ends into spaces, which hides an injection; they end values at NUL, answer 502 for
/// other control characters (the official Go host, in a request) or trap on them (the Express host).
/// So all of these are refused here. Bytes beyond ASCII have no meaning that HTTP agrees on, and the
/// Express host traps on text beyond Latin-1; encode what is to be portable. Hosts take spaces off
/// both ends.
///
/// ```
/// use http_wasm_sdk::{HeaderValue, value};
/// assert_eq!(HeaderValue::new(b"a=b"), Ok(value!("a=b")));
/// assert!(HeaderValue::new(b"a\r\nset-cookie: b").is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HeaderValue<'a>(&'a [u8]);

impl<'a> HeaderValue<'a> {
    /// Takes bytes that can be sent as a value.
    ///
    /// # Errors
    /// Where a control character is in them, other than a tab.
    pub const fn new(bytes: &'a [u8]) -> Result<Self, InvalidHeaderValue> {
        if all_of!(bytes, byte => (byte >= b' ' && byte != 0x7f) || byte == b'\t') {
            Ok(Self(bytes))
        } else {
            Err(InvalidHeaderValue(()))
        }
    }

    /// The value as bytes.
    #[inline]
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The value as text, where it is UTF-8.
    #[must_use]
    pub const fn to_str(self) -> Option<&'a str> {
        match core::str::from_utf8(self.0) {
            Ok(text) => Some(text),
            Err(_) => None,
        }
    }

    /// A value that the host has given: it came through a message of HTTP, or from the host itself.
    #[inline]
    pub(crate) const fn from_host(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }
}

impl HeaderValue<'static> {
    /// A constant value.
    ///
    /// # Panics
    /// Where a control character is in it; in a constant, and through [`value!`](crate::value), that is
    /// an error of the compiler.
    #[must_use]
    #[track_caller]
    pub const fn from_static(value: &'static str) -> Self {
        match Self::new(value.as_bytes()) {
            Ok(value) => value,
            Err(_) => panic!("{}", InvalidHeaderValue::MESSAGE),
        }
    }
}

impl PartialEq<str> for HeaderValue<'_> {
    #[inline]
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for HeaderValue<'_> {
    #[inline]
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

/// A constant header value, checked by the compiler: `value!("text/plain")`.
#[macro_export]
macro_rules! value {
    ($value:expr) => {{
        const VALUE: $crate::HeaderValue<'static> = $crate::HeaderValue::from_static($value);
        VALUE
    }};
}

/// The names of known headers.
pub mod known {
    use super::HeaderName;

    macro_rules! known {
        ($($constant:ident $name:literal)+) => {
            $(
                #[doc = concat!("`", $name, "`")]
                pub const $constant: HeaderName<'static> = HeaderName::from_static($name);
            )+
        };
    }

    known! {
        ACCEPT "accept"
        ACCEPT_ENCODING "accept-encoding"
        ACCEPT_LANGUAGE "accept-language"
        ACCESS_CONTROL_ALLOW_CREDENTIALS "access-control-allow-credentials"
        ACCESS_CONTROL_ALLOW_HEADERS "access-control-allow-headers"
        ACCESS_CONTROL_ALLOW_METHODS "access-control-allow-methods"
        ACCESS_CONTROL_ALLOW_ORIGIN "access-control-allow-origin"
        ACCESS_CONTROL_EXPOSE_HEADERS "access-control-expose-headers"
        ACCESS_CONTROL_MAX_AGE "access-control-max-age"
        ACCESS_CONTROL_REQUEST_HEADERS "access-control-request-headers"
        ACCESS_CONTROL_REQUEST_METHOD "access-control-request-method"
        AGE "age"
        ALLOW "allow"
        AUTHORIZATION "authorization"
        CACHE_CONTROL "cache-control"
        CONNECTION "connection"
        CONTENT_DISPOSITION "content-disposition"
        CONTENT_ENCODING "content-encoding"
        CONTENT_LANGUAGE "content-language"
        CONTENT_LENGTH "content-length"
        CONTENT_LOCATION "content-location"
        CONTENT_RANGE "content-range"
        CONTENT_SECURITY_POLICY "content-security-policy"
        CONTENT_TYPE "content-type"
        COOKIE "cookie"
        DATE "date"
        ETAG "etag"
        EXPECT "expect"
        EXPIRES "expires"
        FORWARDED "forwarded"
        HOST "host"
        IF_MATCH "if-match"
        IF_MODIFIED_SINCE "if-modified-since"
        IF_NONE_MATCH "if-none-match"
        IF_RANGE "if-range"
        IF_UNMODIFIED_SINCE "if-unmodified-since"
        LAST_MODIFIED "last-modified"
        LINK "link"
        LOCATION "location"
        ORIGIN "origin"
        PROXY_AUTHENTICATE "proxy-authenticate"
        PROXY_AUTHORIZATION "proxy-authorization"
        RANGE "range"
        REFERER "referer"
        REFERRER_POLICY "referrer-policy"
        RETRY_AFTER "retry-after"
        SERVER "server"
        SET_COOKIE "set-cookie"
        STRICT_TRANSPORT_SECURITY "strict-transport-security"
        TE "te"
        TRAILER "trailer"
        TRANSFER_ENCODING "transfer-encoding"
        UPGRADE "upgrade"
        USER_AGENT "user-agent"
        VARY "vary"
        VIA "via"
        WWW_AUTHENTICATE "www-authenticate"
        X_CONTENT_TYPE_OPTIONS "x-content-type-options"
        X_FORWARDED_FOR "x-forwarded-for"
        X_FRAME_OPTIONS "x-frame-options"
        X_REQUEST_ID "x-request-id"
    }
}
