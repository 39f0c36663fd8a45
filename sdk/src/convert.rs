//! Conversions from and to the types of the crate `http`, with the feature `http`.
//!
//! That crate needs `std`, so they exist natively and on `wasm32-wasip1`. Each side accepts values that the
//! other does not, so most of them can fail.

use crate::error::{
    InvalidHeaderName, InvalidHeaderValue, InvalidMethod, InvalidStatusCode, InvalidUri,
};
use crate::header::{HeaderName, HeaderValue};
use crate::types::{Method, StatusCode, Version};
use crate::uri::Uri;

macro_rules! from_http {
    ($($theirs:ty => $ours:ident, $error:ty, $as_bytes:expr;)+) => {$(
        impl<'a> TryFrom<&'a $theirs> for $ours<'a> {
            type Error = $error;

            fn try_from(theirs: &'a $theirs) -> Result<Self, $error> {
                let as_bytes: fn(&$theirs) -> &[u8] = $as_bytes;
                Self::new(as_bytes(theirs))
            }
        }
    )+};
}

from_http! {
    http::Method => Method, InvalidMethod, |method| method.as_str().as_bytes();
    http::HeaderName => HeaderName, InvalidHeaderName, |name| name.as_ref();
    http::HeaderValue => HeaderValue, InvalidHeaderValue, http::HeaderValue::as_bytes;
    http::uri::PathAndQuery => Uri, InvalidUri, |target| target.as_str().as_bytes();
}

macro_rules! into_http {
    ($($ours:ident => $theirs:ty, $error:ty, $from_bytes:expr;)+) => {$(
        impl TryFrom<$ours<'_>> for $theirs {
            type Error = $error;

            fn try_from(ours: $ours<'_>) -> Result<Self, $error> {
                let from_bytes: fn(&[u8]) -> Result<$theirs, $error> = $from_bytes;
                from_bytes(ours.as_bytes())
            }
        }
    )+};
}

into_http! {
    Method => http::Method, http::method::InvalidMethod, http::Method::from_bytes;
    HeaderName => http::HeaderName, http::header::InvalidHeaderName, http::HeaderName::from_bytes;
    HeaderValue => http::HeaderValue, http::header::InvalidHeaderValue, http::HeaderValue::from_bytes;
    Uri => http::uri::PathAndQuery, http::uri::InvalidUri, |bytes| http::uri::PathAndQuery::try_from(bytes);
    Uri => http::Uri, http::uri::InvalidUri, |bytes| http::Uri::try_from(bytes);
}

/// Path and query of a URI; scheme and authority are left out. Where it has neither path nor query
/// it is `/`.
impl<'a> TryFrom<&'a http::Uri> for Uri<'a> {
    type Error = InvalidUri;

    fn try_from(uri: &'a http::Uri) -> Result<Self, InvalidUri> {
        uri.path_and_query().map_or(Ok(Uri::from_static("/")), Self::try_from)
    }
}

impl TryFrom<http::StatusCode> for StatusCode {
    type Error = InvalidStatusCode;

    fn try_from(code: http::StatusCode) -> Result<Self, InvalidStatusCode> {
        Self::from_u16(code.as_u16())
    }
}

impl TryFrom<StatusCode> for http::StatusCode {
    type Error = http::status::InvalidStatusCode;

    fn try_from(code: StatusCode) -> Result<Self, http::status::InvalidStatusCode> {
        Self::from_u16(code.as_u16())
    }
}

/// Maps the versions of both sides.
const VERSIONS: [(Version<'static>, http::Version); 5] = [
    (Version::HTTP_09, http::Version::HTTP_09),
    (Version::HTTP_10, http::Version::HTTP_10),
    (Version::HTTP_11, http::Version::HTTP_11),
    (Version::HTTP_2, http::Version::HTTP_2),
    (Version::HTTP_3, http::Version::HTTP_3),
];

impl TryFrom<Version<'_>> for http::Version {
    type Error = UnknownVersion;

    fn try_from(version: Version<'_>) -> Result<Self, UnknownVersion> {
        VERSIONS
            .into_iter()
            .find(|(ours, _)| *ours == version)
            .map(|(_, theirs)| theirs)
            .ok_or(UnknownVersion(()))
    }
}

impl TryFrom<http::Version> for Version<'static> {
    type Error = UnknownVersion;

    fn try_from(version: http::Version) -> Result<Self, UnknownVersion> {
        VERSIONS
            .into_iter()
            .find(|(_, theirs)| *theirs == version)
            .map(|(ours, _)| ours)
            .ok_or(UnknownVersion(()))
    }
}

/// A protocol version that the other side does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownVersion(());

impl core::fmt::Display for UnknownVersion {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(
            "unknown protocol version: expected HTTP/0.9, HTTP/1.0, HTTP/1.1, HTTP/2.0 or HTTP/3.0",
        )
    }
}

impl core::error::Error for UnknownVersion {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_know_goes_both_ways() {
        let method = http::Method::from_bytes(b"M-SEARCH").unwrap();
        assert_eq!(http::Method::try_from(Method::try_from(&method).unwrap()).unwrap(), method);
        let name = http::HeaderName::from_static("x-a");
        assert_eq!(HeaderName::try_from(&name), Ok(HeaderName::from_static("x-a")));
        assert_eq!(http::HeaderName::try_from(HeaderName::from_static("x-a")).unwrap(), name);
        let value = http::HeaderValue::from_bytes(b"a\xff").unwrap();
        assert_eq!(
            http::HeaderValue::try_from(HeaderValue::try_from(&value).unwrap()).unwrap(),
            value
        );
        let uri = http::Uri::from_static("http://a.test/b?c");
        let ours = Uri::try_from(&uri).unwrap();
        assert_eq!(ours, "/b?c");
        assert_eq!(http::Uri::try_from(ours).unwrap(), "/b?c");
        assert_eq!(http::uri::PathAndQuery::try_from(ours).unwrap(), "/b?c");
        assert_eq!(Uri::try_from(&http::Uri::from_static("http://a.test")).unwrap(), "/");
        for (ours, theirs) in VERSIONS {
            assert_eq!(http::Version::try_from(ours), Ok(theirs));
            assert_eq!(Version::try_from(theirs), Ok(ours));
        }
        let code = StatusCode::try_from(http::StatusCode::NOT_FOUND);
        assert_eq!(code, Ok(StatusCode::NOT_FOUND));
        assert_eq!(
            http::StatusCode::try_from(StatusCode::NOT_FOUND).ok(),
            Some(http::StatusCode::NOT_FOUND)
        );
    }

    #[test]
    fn what_one_side_does_not_know_is_an_error() {
        assert!(StatusCode::try_from(http::StatusCode::CONTINUE).is_err());
        assert!(http::StatusCode::try_from(StatusCode::from_host(7)).is_err());
        assert!(http::HeaderName::try_from(HeaderName::from_host(b"a b")).is_err());
        assert!(http::HeaderValue::try_from(HeaderValue::from_host(b"\n")).is_err());
        assert!(http::Version::try_from(Version::from_host(b"SPDY/3")).is_err());
        assert!(Uri::try_from(&http::Uri::from_static("/a{}")).is_err());
        assert!(http::Method::try_from(Method::from_host(b"")).is_err());
    }
}
