//! Error types.

use core::fmt;

pub use crate::backend::BufferTooSmall;

macro_rules! plain_errors {
    ($($(#[doc = $doc:literal])+ $name:ident: $message:literal;)+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct $name(pub(crate) ());

            impl $name {
                pub(crate) const MESSAGE: &'static str = $message;
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(Self::MESSAGE)
                }
            }

            impl core::error::Error for $name {}

            impl From<$name> for Error {
                fn from(_: $name) -> Self {
                    Self::new($name::MESSAGE)
                }
            }
        )+
    };
}

plain_errors! {
    /// Bytes are not a header name: empty, or with a byte that a name cannot have.
    InvalidHeaderName: "invalid header name: expected lower-case letters, digits or !#$%&'*+-.^_`|~";
    /// Bytes are not a header value: a control character other than the tab is in them.
    InvalidHeaderValue: "invalid header value: CR, LF and other control characters cannot be sent, except the tab";
    /// Bytes are not a request target: see [`Uri`](crate::Uri).
    InvalidUri: "invalid URI: expected a path that begins with a slash, percent-encoded, and perhaps a query";
    /// Bytes are not a method: empty, or with a byte that a token cannot have.
    InvalidMethod: "invalid method: expected letters, digits or !#$%&'*+-.^_`|~";
    /// The host's address of the client cannot be parsed: see
    /// [`Request::source`](crate::Request::source).
    InvalidSourceAddr: "the host gives no client address and port that can be parsed";
    /// A number is not a final status code: see [`StatusCode`](crate::StatusCode).
    InvalidStatusCode: "invalid status code: expected 200 to 999";
}

/// Why a handler failed: what it returns as `Err`.
///
/// The message is written to the host's log at level error. The client gets a plain 500 that does not
/// contain it.
///
/// Errors of this crate and constant texts convert by `?`; for anything else that can be displayed
/// there is [`Error::display`], which costs the guest the formatting machinery.
///
/// ```
/// use http_wasm_sdk::prelude::*;
///
/// #[handler]
/// fn tenants(request: &mut Request) -> Result<(), Error> {
///     let mut buffer = Buffer::<16>::new();
///     // What does not fit is an error of this crate.
///     let tenant = request.headers().get_one(name!("x-tenant"), &mut buffer)?;
///     // A text is one that you make.
///     let tenant = tenant.ok_or("a request came without its tenant")?;
///     let number: u32 = tenant.to_str().unwrap_or_default().parse().map_err(Error::display)?;
///     log::format(log::Level::Debug, format_args!("tenant {number}"));
///     Ok(())
/// }
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # let outcome = testing::run::<tenants>(&Scenario::get("/"));
/// # assert_eq!((outcome.status(), outcome.response_text()), (500, "internal server error\n"));
/// # assert_eq!(outcome.messages(), ["error: a request came without its tenant"]);
/// # let outcome = testing::run::<tenants>(&Scenario::get("/").header("x-tenant", "blue"));
/// # assert_eq!(outcome.messages(), ["error: invalid digit found in string"]);
/// # let outcome = testing::run::<tenants>(&Scenario::get("/").header("x-tenant", "7"));
/// # assert_eq!(outcome.messages(), ["debug: tenant 7"]);
/// ```
#[derive(Debug)]
pub struct Error {
    /// `None` where the message is already logged.
    message: Option<&'static str>,
}

impl Error {
    /// An error with a constant message.
    #[must_use]
    pub const fn new(message: &'static str) -> Self {
        Self { message: Some(message) }
    }

    /// The message, unless it was logged when the error was made.
    #[must_use]
    pub const fn message(&self) -> Option<&'static str> {
        self.message
    }

    /// Logs the message, unless that was done.
    #[inline]
    pub(crate) fn report(&self) {
        if let Some(message) = self.message {
            crate::log::error(message);
        }
    }

    /// An error with a message made by formatting. It is logged at once; beyond
    /// [`log::LIMIT`](crate::log::LIMIT) bytes it is cut, with a mark.
    pub fn display(error: impl fmt::Display) -> Self {
        crate::log::format(crate::log::Level::Error, format_args!("{error}"));
        Self::logged()
    }

    /// An error whose message is already logged.
    pub(crate) const fn logged() -> Self {
        Self { message: None }
    }
}

impl From<&'static str> for Error {
    fn from(message: &'static str) -> Self {
        Self::new(message)
    }
}

impl From<BufferTooSmall> for Error {
    fn from(_: BufferTooSmall) -> Self {
        Self::new("a value does not fit into the buffer")
    }
}
