//! Displays, compares and converts the types that are a piece of text.

use core::fmt;

/// Displays bytes as text; what is not UTF-8 becomes U+FFFD.
pub(crate) struct Text<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_str("\u{fffd}")?;
            }
        }
        Ok(())
    }
}

/// Implements the traits of a type that is one slice of bytes. With the name of its error, also the
/// conversions from bytes and text.
macro_rules! text {
    ($type:ident, $error:ty) => {
        $crate::text::text!($type);

        impl<'a> TryFrom<&'a [u8]> for $type<'a> {
            type Error = $error;

            fn try_from(bytes: &'a [u8]) -> Result<Self, $error> {
                Self::new(bytes)
            }
        }

        impl<'a> TryFrom<&'a str> for $type<'a> {
            type Error = $error;

            fn try_from(text: &'a str) -> Result<Self, $error> {
                Self::new(text.as_bytes())
            }
        }
    };
    ($type:ident) => {
        impl core::fmt::Debug for $type<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($type), "({})"), self.0.escape_ascii())
            }
        }

        impl core::fmt::Display for $type<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(&$crate::text::Text(self.0), f)
            }
        }

        impl PartialEq<str> for $type<'_> {
            #[inline]
            fn eq(&self, other: &str) -> bool {
                *self.0 == *other.as_bytes()
            }
        }

        impl PartialEq<&str> for $type<'_> {
            #[inline]
            fn eq(&self, other: &&str) -> bool {
                *self == **other
            }
        }

        impl AsRef<[u8]> for $type<'_> {
            #[inline]
            fn as_ref(&self) -> &[u8] {
                self.0
            }
        }
    };
}
pub(crate) use text;

#[cfg(test)]
mod tests {
    use crate::{HeaderName, HeaderValue, Method, Uri, Version};
    extern crate std;
    use std::format;

    #[test]
    fn bytes_show_as_text_and_escaped_for_the_author() {
        let value = HeaderValue::from_host(b"a\xff\tb");
        assert_eq!(format!("{value}"), "a\u{fffd}\tb");
        assert_eq!(format!("{value:?}"), r"HeaderValue(a\xff\tb)");
        assert_eq!(format!("{} {:?}", Method::GET, Method::GET), "GET Method(GET)");
        assert_eq!(format!("{}", Version::HTTP_11), "HTTP/1.1");
    }

    #[test]
    fn text_converts_where_it_is_valid() {
        assert_eq!(Uri::try_from("/a"), Uri::new(b"/a"));
        assert!(Uri::try_from("a").is_err());
        assert!(HeaderName::try_from("X").is_err());
        assert!(HeaderValue::try_from(&b"x\n"[..]).is_err());
        assert!(Method::try_from("GET").is_ok_and(|method| method == "GET" && method != "get"));
        assert_eq!(HeaderName::try_from("x-a").as_ref().map(AsRef::as_ref), Ok(&b"x-a"[..]));
    }
}
