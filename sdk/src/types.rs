//! Methods and status codes as types.

use crate::error::{InvalidMethod, InvalidStatusCode};
use crate::header::{all_of, is_token};

/// The method of a request: a token, never empty, since hosts trap on an empty one.
///
/// Methods are case-sensitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Method<'a>(&'a [u8]);

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
}

/// The status code of a final response: 200 to 999.
///
/// 1xx are no answers: a host that is told to send one waits for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusCode(u16);

macro_rules! status_codes {
    ($($code:literal $name:ident $reason:literal)+) => {
        $(
            #[doc = concat!(stringify!($code), " ", $reason)]
            pub const $name: Self = Self($code);
        )+
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
        421 MISDIRECTED_REQUEST "Misdirected Request"
        422 UNPROCESSABLE_ENTITY "Unprocessable Entity"
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
