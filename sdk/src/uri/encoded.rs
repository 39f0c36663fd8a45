//! Percent-encoded pieces of a URI, read without a copy.

use core::fmt;

use crate::backend::Cursor;
use crate::buffer::{ReadBuffer, SealedToken};
use crate::error::BufferTooSmall;

/// A piece of a URI, percent-encoded as it stands there: a [segment](crate::Uri::segments) of the
/// path, or a key or value of the [query](crate::Uri::query_pairs).
///
/// It is decoded while it is compared or copied, so comparing needs no buffer. `%41` is `A`; in a query
/// a `+` is a space. A `%` without two hexadecimal digits after it stands for itself, as it does in
/// browsers; Go's `url.ParseQuery` drops such a pair instead, so an upstream may not see what you see.
///
/// ```
/// use http_wasm_sdk::{Buffer, uri};
///
/// let uri = uri!("/search?q=caf%C3%A9+au+lait");
/// let pair = uri.query_pairs().next().unwrap();
/// assert!(pair.key.is("q") && pair.value.is("café au lait"));
///
/// let mut buffer = Buffer::<32>::new();
/// assert_eq!(pair.value.decode(&mut buffer), Ok("café au lait".as_bytes()));
/// ```
#[derive(Clone, Copy)]
pub struct Encoded<'a> {
    bytes: &'a [u8],
    plus_is_space: bool,
}

impl<'a> Encoded<'a> {
    #[inline]
    pub(super) const fn of_path(bytes: &'a [u8]) -> Self {
        Self { bytes, plus_is_space: false }
    }

    #[inline]
    pub(super) const fn of_query(bytes: &'a [u8]) -> Self {
        Self { bytes, plus_is_space: true }
    }

    /// The bytes as they stand in the URI, not decoded.
    #[inline]
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The decoded bytes, one by one. They are UTF-8 where the sender wants them to be.
    #[inline]
    #[must_use]
    pub const fn bytes(self) -> Decoded<'a> {
        Decoded(self)
    }

    /// Whether this is `text` when decoded.
    #[inline]
    #[must_use]
    pub fn is(self, text: impl AsRef<[u8]>) -> bool {
        self.bytes().eq(text.as_ref().iter().copied())
    }

    /// Writes the decoded bytes to `buffer`.
    ///
    /// # Errors
    /// Where they do not fit; a buffer as long as [`as_bytes`](Self::as_bytes) is always enough.
    pub fn decode(self, buffer: &mut (impl ReadBuffer + ?Sized)) -> Result<&[u8], BufferTooSmall> {
        let mut cursor = Cursor::new(buffer.lend(SealedToken));
        let mut needed = 0;
        for byte in self.bytes() {
            cursor.push(byte);
            needed += 1;
        }
        let bytes = cursor.into_bytes();
        if bytes.len() == needed {
            Ok(bytes)
        } else {
            Err(BufferTooSmall { needed: needed as u32 })
        }
    }

    /// The decoded bytes in memory of their own.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn to_vec(self) -> alloc::vec::Vec<u8> {
        self.bytes().collect()
    }

    /// The decoded text in memory of its own; what is not UTF-8 becomes U+FFFD.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn to_string_lossy(self) -> alloc::string::String {
        alloc::string::String::from_utf8(self.to_vec()).unwrap_or_else(|error| {
            alloc::string::String::from_utf8_lossy(error.as_bytes()).into_owned()
        })
    }
}

impl fmt::Debug for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encoded({})", self.bytes.escape_ascii())
    }
}

/// The bytes of an [`Encoded`], decoded.
#[derive(Clone, Debug)]
pub struct Decoded<'a>(Encoded<'a>);

impl Iterator for Decoded<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.bytes.split_first()?;
        self.0.bytes = rest;
        if first == b'+' && self.0.plus_is_space {
            return Some(b' ');
        }
        if let (b'%', [high, low, rest @ ..]) = (first, rest) {
            let (high, low) = (digit(*high), digit(*low));
            if (high | low) < 16 {
                self.0.bytes = rest;
                return Some(high << 4 | low);
            }
        }
        Some(first)
    }
}

/// The value of a hexadecimal digit; of anything else, one above those of digits.
fn digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' | b'A'..=b'F' => (byte | 0x20) - b'a' + 10,
        _ => 0x80,
    }
}
