//! The version of the protocol that a request came by.

use crate::text::text;

/// The protocol version of a request, as the host names it.
///
/// The official Go host says `HTTP/2.0`, the `http` crate too; where another host may leave the `.0`
/// out, ask for [`major`](Self::major).
///
/// ```
/// use http_wasm_sdk::Version;
/// assert_eq!(Version::HTTP_11, "HTTP/1.1");
/// assert_eq!(Version::HTTP_2.major(), Some(2));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version<'a>(&'a [u8]);

text!(Version);

impl<'a> Version<'a> {
    /// `HTTP/0.9`
    pub const HTTP_09: Self = Self(b"HTTP/0.9");
    /// `HTTP/1.0`
    pub const HTTP_10: Self = Self(b"HTTP/1.0");
    /// `HTTP/1.1`
    pub const HTTP_11: Self = Self(b"HTTP/1.1");
    /// `HTTP/2.0`
    pub const HTTP_2: Self = Self(b"HTTP/2.0");
    /// `HTTP/3.0`
    pub const HTTP_3: Self = Self(b"HTTP/3.0");

    #[inline]
    pub(crate) const fn from_host(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The version as bytes.
    #[inline]
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The digit after `HTTP/`, or `None` where the host names no version of HTTP.
    #[must_use]
    pub const fn major(self) -> Option<u8> {
        match self.0 {
            [b'H', b'T', b'T', b'P', b'/', digit @ b'0'..=b'9', ..] => Some(*digit - b'0'),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_with_or_without_a_minor_one() {
        let major = |bytes| Version::from_host(bytes).major();
        assert_eq!(major(b"HTTP/1.1"), Some(1));
        assert_eq!(major(b"HTTP/2"), Some(2));
        assert_eq!(Version::HTTP_3.major(), Some(3));
        for other in [&b""[..], b"HTTP/", b"HTTP/x", b"http/1.1", b"SPDY/3"] {
            assert_eq!(major(other), None);
        }
    }
}
