//! The numbers that are arguments of host functions.

use core::fmt;

/// Which header map a header function works on: the `kind` argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum HeaderKind {
    /// Headers of the request.
    Request = 0,
    /// Headers of the response.
    Response = 1,
    /// Trailers of the request; needs [`Features::TRAILERS`].
    RequestTrailers = 2,
    /// Trailers of the response; needs [`Features::TRAILERS`].
    ResponseTrailers = 3,
}

impl HeaderKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 4] =
        [Self::Request, Self::Response, Self::RequestTrailers, Self::ResponseTrailers];

    /// The kind with this number, or `None` where the ABI knows none (a host traps on it).
    #[must_use]
    pub const fn from_bits(bits: u32) -> Option<Self> {
        match bits {
            0 => Some(Self::Request),
            1 => Some(Self::Response),
            2 => Some(Self::RequestTrailers),
            3 => Some(Self::ResponseTrailers),
            _ => None,
        }
    }

    /// Whether this map belongs to the response.
    #[must_use]
    pub const fn is_response(self) -> bool {
        matches!(self, Self::Response | Self::ResponseTrailers)
    }

    /// Whether this map holds trailers.
    #[must_use]
    pub const fn is_trailers(self) -> bool {
        matches!(self, Self::RequestTrailers | Self::ResponseTrailers)
    }
}

impl fmt::Display for HeaderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "request header",
            Self::Response => "response header",
            Self::RequestTrailers => "request trailer",
            Self::ResponseTrailers => "response trailer",
        })
    }
}

/// Which body `read_body` and `write_body` work on: the `kind` argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum BodyKind {
    /// Body of the request.
    Request = 0,
    /// Body of the response.
    Response = 1,
}

impl BodyKind {
    /// Both kinds, in the order of their numbers.
    pub const ALL: [Self; 2] = [Self::Request, Self::Response];

    /// The kind with this number, or `None` where the ABI knows none (a host traps on it).
    #[must_use]
    pub const fn from_bits(bits: u32) -> Option<Self> {
        match bits {
            0 => Some(Self::Request),
            1 => Some(Self::Response),
            _ => None,
        }
    }
}

impl fmt::Display for BodyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "request body",
            Self::Response => "response body",
        })
    }
}

/// A set of host features: argument and result of `enable_features`.
///
/// Bits without a name are kept, because hosts return them: the result of the call does not say what a
/// host supports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Features(u32);

impl Features {
    /// No feature.
    pub const NONE: Self = Self(0);
    /// The request body may be read by the guest and still reach the next handler.
    pub const BUFFER_REQUEST: Self = Self(1);
    /// The response is buffered until the response hook has returned, so it can be changed there.
    pub const BUFFER_RESPONSE: Self = Self(2);
    /// Trailers can be read and written.
    pub const TRAILERS: Self = Self(4);

    /// The named features, each with the name that messages use.
    pub const NAMED: [(Self, &str); 3] = [
        (Self::BUFFER_REQUEST, "buffer_request"),
        (Self::BUFFER_RESPONSE, "buffer_response"),
        (Self::TRAILERS, "trailers"),
    ];

    /// The set with these bits, unnamed ones included.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The bits of this set.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether every feature of `other` is in this set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The features of this set that are not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The features of either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        let mut rest = self.0;
        for (feature, name) in Self::NAMED {
            if self.contains(feature) {
                write!(f, "{separator}{name}")?;
                separator = "|";
                rest &= !feature.0;
            }
        }
        if rest != 0 {
            write!(f, "{separator}{rest:#x}")
        } else if self.is_empty() {
            f.write_str("none")
        } else {
            Ok(())
        }
    }
}

/// How urgent a log message is: the `level` argument of `log` and `log_enabled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i32)]
pub enum LogLevel {
    /// Details for debugging.
    Debug = -1,
    /// Worth knowing.
    Info = 0,
    /// Something is wrong, and the request is handled nevertheless.
    Warn = 1,
    /// Something failed.
    Error = 2,
    /// Never enabled; as a host's threshold it turns logging off.
    None = 3,
}

impl LogLevel {
    /// All levels, from the least to the most urgent.
    pub const ALL: [Self; 5] = [Self::Debug, Self::Info, Self::Warn, Self::Error, Self::None];

    /// The level with this number, if the ABI names one.
    #[must_use]
    pub const fn from_i32(level: i32) -> Option<Self> {
        match level {
            -1 => Some(Self::Debug),
            0 => Some(Self::Info),
            1 => Some(Self::Warn),
            2 => Some(Self::Error),
            3 => Some(Self::None),
            _ => None,
        }
    }

    /// The name of the level, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::None => "none",
        }
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
