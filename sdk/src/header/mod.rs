//! Header names and values, valid by construction.

pub mod known;

use crate::error::{InvalidHeaderName, InvalidHeaderValue};
use crate::text::text;

/// The name of a header, in lower case.
///
/// A host traps on an empty name, silently drops an invalid one, and one of them looks up
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
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HeaderName<'a>(&'a [u8]);

text!(HeaderName, InvalidHeaderName);

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
/// Hosts turn line ends into spaces, which hides an injection; they end values at NUL, respond with 502 to
/// other control characters (the official Go host, in a request) or trap on them (the Express host).
/// So all of these are refused here. Bytes beyond ASCII have no meaning that HTTP agrees on, and the
/// Express host traps on text beyond Latin-1; encode what is to be portable. Hosts trim
/// spaces at both ends.
///
/// ```
/// use http_wasm_sdk::{HeaderValue, value};
/// assert_eq!(HeaderValue::new(b"a=b"), Ok(value!("a=b")));
/// assert!(HeaderValue::new(b"a\r\nset-cookie: b").is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HeaderValue<'a>(&'a [u8]);

text!(HeaderValue, InvalidHeaderValue);

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

    /// The decimal digits of a number, written to `digits`.
    ///
    /// ```
    /// use http_wasm_sdk::HeaderValue;
    /// assert_eq!(HeaderValue::from_u64(3600, &mut [0; 20]), "3600");
    /// ```
    #[must_use]
    pub fn from_u64(mut number: u64, digits: &'a mut [u8; 20]) -> Self {
        let mut start = digits.len();
        for (place, digit) in digits.iter_mut().enumerate().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
            start = place;
            if number == 0 {
                break;
            }
        }
        Self(digits.get(start..).unwrap_or_default())
    }

    /// The number that the value is: decimal digits and nothing else. `None` where it is no number,
    /// or one that is too large.
    ///
    /// ```
    /// use http_wasm_sdk::value;
    /// assert_eq!(value!("3600").to_u64(), Some(3600));
    /// assert_eq!(value!("-1").to_u64(), None);
    /// ```
    #[must_use]
    pub fn to_u64(self) -> Option<u64> {
        if self.0.is_empty() {
            return None;
        }
        self.0.iter().try_fold(0_u64, |number, &digit| {
            let value = digit.checked_sub(b'0').filter(|value| *value < 10)?;
            number.checked_mul(10)?.checked_add(value.into())
        })
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

/// A constant header value, checked by the compiler: `value!("text/plain")`.
#[macro_export]
macro_rules! value {
    ($value:expr) => {{
        const VALUE: $crate::HeaderValue<'static> = $crate::HeaderValue::from_static($value);
        VALUE
    }};
}
