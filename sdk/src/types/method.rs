//! The method of a request.

use crate::error::InvalidMethod;
use crate::header::{all_of, is_token};
use crate::text::text;

/// The method of a request: a token, never empty, since hosts trap on an empty one.
///
/// Methods are case-sensitive: `get` is not [`GET`](Self::GET), and hosts pass it on as it is.
///
/// ```
/// use http_wasm_sdk::Method;
/// assert_eq!(Method::new(b"GET"), Ok(Method::GET));
/// assert!(Method::GET.is_safe() && !Method::POST.is_idempotent());
/// assert!(Method::new(b"").is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Method<'a>(&'a [u8]);

text!(Method, InvalidMethod);

macro_rules! methods {
    ($($name:ident)+) => {
        $(
            #[doc = concat!("`", stringify!($name), "`")]
            pub const $name: Self = Self(stringify!($name).as_bytes());
        )+
    };
}

impl<'a> Method<'a> {
    methods! { GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH }

    /// Takes bytes that are a method.
    ///
    /// # Errors
    /// Where they are empty, or hold a byte that a token cannot have.
    pub const fn new(bytes: &'a [u8]) -> Result<Self, InvalidMethod> {
        if !bytes.is_empty() && all_of!(bytes, byte => is_token(byte)) {
            Ok(Self(bytes))
        } else {
            Err(InvalidMethod(()))
        }
    }

    /// The method as bytes.
    #[inline]
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    #[inline]
    pub(crate) const fn from_host(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether a request with this method only reads: `GET`, `HEAD`, `OPTIONS` or `TRACE`.
    #[must_use]
    pub const fn is_safe(self) -> bool {
        matches!(self.0, b"GET" | b"HEAD" | b"OPTIONS" | b"TRACE")
    }

    /// Whether repeating a request with this method changes no more than making it once: where it is
    /// safe, and for `PUT` and `DELETE`.
    #[must_use]
    pub const fn is_idempotent(self) -> bool {
        self.is_safe() || matches!(self.0, b"PUT" | b"DELETE")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tokens_are_methods() {
        for good in ["GET", "get", "M-SEARCH", "!#$%&'*+-.^_`|~09azAZ"] {
            assert!(Method::new(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in ["", " ", "G T", "GET\n", "G(", "\u{e4}", "a\"", "a/b"] {
            assert!(Method::new(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn safe_methods_are_idempotent() {
        let all = [
            (Method::GET, true, true),
            (Method::HEAD, true, true),
            (Method::OPTIONS, true, true),
            (Method::TRACE, true, true),
            (Method::PUT, false, true),
            (Method::DELETE, false, true),
            (Method::POST, false, false),
            (Method::PATCH, false, false),
            (Method::CONNECT, false, false),
            (Method::from_host(b"get"), false, false),
        ];
        for (method, safe, idempotent) in all {
            assert_eq!((method.is_safe(), method.is_idempotent()), (safe, idempotent), "{method}");
        }
    }
}
