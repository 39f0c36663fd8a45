//! The status code of a response.

use core::fmt;

use crate::error::InvalidStatusCode;

/// The status code of a final response: 200 to 999.
///
/// 1xx are not final: after one of them a host still waits for the final response.
///
/// ```
/// use http_wasm_sdk::StatusCode;
/// assert_eq!(StatusCode::NOT_FOUND, 404);
/// assert!(StatusCode::NOT_FOUND.is_client_error());
/// assert_eq!(StatusCode::NOT_FOUND.to_string(), "404 Not Found");
/// assert!(StatusCode::from_u16(101).is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusCode(u16);

macro_rules! status_codes {
    ($($code:literal $name:ident $reason:literal)+) => {
        $(
            #[doc = concat!(stringify!($code), " ", $reason)]
            pub const $name: Self = Self($code);
        )+

        /// What the standards call this code, such as `Not Found`; `None` where they give it no name.
        ///
        /// Hosts send the phrase by themselves.
        #[must_use]
        pub const fn canonical_reason(self) -> Option<&'static str> {
            match self.0 {
                $($code => Some($reason),)+
                _ => None,
            }
        }
    };
}

impl StatusCode {
    status_codes! {
        200 OK "OK"
        201 CREATED "Created"
        202 ACCEPTED "Accepted"
        203 NON_AUTHORITATIVE_INFORMATION "Non Authoritative Information"
        204 NO_CONTENT "No Content"
        205 RESET_CONTENT "Reset Content"
        206 PARTIAL_CONTENT "Partial Content"
        300 MULTIPLE_CHOICES "Multiple Choices"
        301 MOVED_PERMANENTLY "Moved Permanently"
        302 FOUND "Found"
        303 SEE_OTHER "See Other"
        304 NOT_MODIFIED "Not Modified"
        307 TEMPORARY_REDIRECT "Temporary Redirect"
        308 PERMANENT_REDIRECT "Permanent Redirect"
        400 BAD_REQUEST "Bad Request"
        401 UNAUTHORIZED "Unauthorized"
        402 PAYMENT_REQUIRED "Payment Required"
        403 FORBIDDEN "Forbidden"
        404 NOT_FOUND "Not Found"
        405 METHOD_NOT_ALLOWED "Method Not Allowed"
        406 NOT_ACCEPTABLE "Not Acceptable"
        407 PROXY_AUTHENTICATION_REQUIRED "Proxy Authentication Required"
        408 REQUEST_TIMEOUT "Request Timeout"
        409 CONFLICT "Conflict"
        410 GONE "Gone"
        411 LENGTH_REQUIRED "Length Required"
        412 PRECONDITION_FAILED "Precondition Failed"
        413 PAYLOAD_TOO_LARGE "Payload Too Large"
        414 URI_TOO_LONG "URI Too Long"
        415 UNSUPPORTED_MEDIA_TYPE "Unsupported Media Type"
        416 RANGE_NOT_SATISFIABLE "Range Not Satisfiable"
        417 EXPECTATION_FAILED "Expectation Failed"
        418 IM_A_TEAPOT "I'm a teapot"
        421 MISDIRECTED_REQUEST "Misdirected Request"
        422 UNPROCESSABLE_ENTITY "Unprocessable Entity"
        423 LOCKED "Locked"
        424 FAILED_DEPENDENCY "Failed Dependency"
        425 TOO_EARLY "Too Early"
        426 UPGRADE_REQUIRED "Upgrade Required"
        428 PRECONDITION_REQUIRED "Precondition Required"
        429 TOO_MANY_REQUESTS "Too Many Requests"
        431 REQUEST_HEADER_FIELDS_TOO_LARGE "Request Header Fields Too Large"
        451 UNAVAILABLE_FOR_LEGAL_REASONS "Unavailable For Legal Reasons"
        500 INTERNAL_SERVER_ERROR "Internal Server Error"
        501 NOT_IMPLEMENTED "Not Implemented"
        502 BAD_GATEWAY "Bad Gateway"
        503 SERVICE_UNAVAILABLE "Service Unavailable"
        504 GATEWAY_TIMEOUT "Gateway Timeout"
        505 HTTP_VERSION_NOT_SUPPORTED "HTTP Version Not Supported"
    }

    /// The code with this number.
    ///
    /// # Errors
    /// Outside 200 to 999.
    pub const fn from_u16(code: u16) -> Result<Self, InvalidStatusCode> {
        if code >= 200 && code <= 999 { Ok(Self(code)) } else { Err(InvalidStatusCode(())) }
    }

    /// The number of this code.
    #[inline]
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// A code that the host has given.
    #[inline]
    pub(crate) const fn from_host(code: u32) -> Self {
        Self(code as u16)
    }

    /// Whether this is 2xx.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self.0, 200..300)
    }

    /// Whether this is 3xx.
    #[must_use]
    pub const fn is_redirection(self) -> bool {
        matches!(self.0, 300..400)
    }

    /// Whether this is 4xx.
    #[must_use]
    pub const fn is_client_error(self) -> bool {
        matches!(self.0, 400..500)
    }

    /// Whether this is 5xx.
    #[must_use]
    pub const fn is_server_error(self) -> bool {
        matches!(self.0, 500..600)
    }
}

impl fmt::Debug for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatusCode({})", self.0)
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.canonical_reason() {
            Some(reason) => write!(f, "{} {reason}", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

impl PartialEq<u16> for StatusCode {
    #[inline]
    fn eq(&self, code: &u16) -> bool {
        self.0 == *code
    }
}

impl TryFrom<u16> for StatusCode {
    type Error = InvalidStatusCode;

    fn try_from(code: u16) -> Result<Self, InvalidStatusCode> {
        Self::from_u16(code)
    }
}

impl From<StatusCode> for u16 {
    fn from(code: StatusCode) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::string::ToString;

    #[test]
    fn final_status_codes_are_200_to_999() {
        for (code, valid) in [(0, false), (100, false), (199, false), (200, true), (999, true)] {
            assert_eq!(StatusCode::from_u16(code).is_ok(), valid, "{code}");
        }
        assert!(StatusCode::from_u16(1000).is_err());
    }

    #[test]
    fn each_code_is_of_one_class() {
        for code in 200..=999 {
            let code = StatusCode::from_host(code);
            let classes = [
                code.is_success(),
                code.is_redirection(),
                code.is_client_error(),
                code.is_server_error(),
            ];
            let wanted = [2, 3, 4, 5].map(|class| code.as_u16() / 100 == class);
            assert_eq!(classes, wanted, "{code}");
        }
    }

    #[test]
    fn a_status_code_shows_its_reason_where_it_has_one() {
        assert_eq!(StatusCode::BAD_GATEWAY.to_string(), "502 Bad Gateway");
        assert_eq!(StatusCode::from_host(299).to_string(), "299");
        assert_eq!(StatusCode::from_host(299).canonical_reason(), None);
    }
}
