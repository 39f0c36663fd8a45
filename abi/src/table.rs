//! The table of host functions, and the types that describe a row of it.

use core::fmt;

/// A value type of WebAssembly, as far as this ABI uses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// A 32-bit integer; lengths and pointers are unsigned.
    I32,
    /// A 64-bit integer; only packed results.
    I64,
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
        })
    }
}

/// The Rust types that stand in a signature, and what each becomes in WebAssembly.
pub trait WasmValue {
    /// The type as the module sees it.
    const TYPE: ValueType;
}

macro_rules! wasm_values {
    ($($rust:ty => $wasm:ident),+ $(,)?) => {
        $(impl WasmValue for $rust {
            const TYPE: ValueType = ValueType::$wasm;
        })+
    };
}

wasm_values! {
    u32 => I32,
    i32 => I32,
    *const u8 => I32,
    *mut u8 => I32,
    u64 => I64,
}

/// The type of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Signature {
    /// The types of the arguments, in order.
    pub params: &'static [ValueType],
    /// The type of the result; the ABI has functions with one or none.
    pub result: Option<ValueType>,
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (index, param) in self.params.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{param}")?;
        }
        f.write_str(") -> ")?;
        match self.result {
            Some(result) => write!(f, "{result}"),
            None => f.write_str("()"),
        }
    }
}

/// A stage in the life of an instance, as far as the ABI's rules depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// During `_start`, before any request.
    Init,
    /// During `handle_request`.
    Request,
    /// During `handle_response`, after the next handler.
    Response,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Init => "initialisation",
            Self::Request => "handle_request",
            Self::Response => "handle_response",
        })
    }
}

/// A set of phases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Phases(u8);

impl Phases {
    /// In no phase.
    pub const NEVER: Self = Self(0);
    /// During initialisation and in `handle_request`.
    pub const INIT_AND_REQUEST: Self = Self(0b011);
    /// In `handle_request` only.
    pub const REQUEST: Self = Self(0b010);
    /// In `handle_response` only.
    pub const RESPONSE: Self = Self(0b100);
    /// In both hooks.
    pub const HOOKS: Self = Self(0b110);
    /// At any time.
    pub const ALWAYS: Self = Self(0b111);

    /// Whether `phase` is one of these.
    #[must_use]
    pub const fn contains(self, phase: Phase) -> bool {
        let bit = match phase {
            Phase::Init => 0b001,
            Phase::Request => 0b010,
            Phase::Response => 0b100,
        };
        self.0 & bit != 0
    }

    /// Whether there is no phase in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// When a function may be called: outside these phases a host traps, or does something that no
/// guest can rely on.
///
/// Functions with a `kind` argument follow other rules for the response than for the request.
/// Functions without one have a single rule, in the field of the side that they belong to.
/// Trailer kinds need [`Features::TRAILERS`](crate::Features::TRAILERS) besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Access {
    /// For the request, and for functions that belong to neither side.
    pub request: Phases,
    /// For the response while it is not buffered.
    pub response: Phases,
    /// For the response with [`Features::BUFFER_RESPONSE`](crate::Features::BUFFER_RESPONSE).
    pub buffered_response: Phases,
}

/// A part of an exchange that host functions read or write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Method and URI of the request.
    Line,
    /// The protocol version of the request.
    Version,
    /// The address of the client.
    SourceAddr,
    /// Headers and trailers, of the request or the response.
    Headers,
    /// The body of the request or the response.
    Body,
    /// The status code of the response.
    Status,
}

/// What a function does with the request and the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Touches {
    /// It concerns the instance only.
    Nothing,
    /// It reads a part. Reading a body also consumes it.
    Reads(Part),
    /// It writes a part.
    Writes(Part),
}

impl Touches {
    /// The part that is read or written.
    #[must_use]
    pub const fn part(self) -> Option<Part> {
        match self {
            Self::Nothing => None,
            Self::Reads(part) | Self::Writes(part) => Some(part),
        }
    }
}

/// What a call may have to wait for on a host that streams bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Waits {
    /// Nothing.
    Never,
    /// The next bytes of a body.
    Body,
    /// The end of a body, if the call is for the trailers that follow it.
    Trailers,
}

/// An argument of a host function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Param {
    /// Its name in the ABI's text.
    pub name: &'static str,
    /// Its type as the module sees it.
    pub ty: ValueType,
}

/// Calls a macro with the table of host functions.
///
/// `functions!(path::to::callback)` expands to one invocation of `callback!` whose input is the
/// name of the module and a sequence of rows, like
///
/// ```text
/// module "http_handler";
/// #[doc = "…"]
/// GetUri get_uri(buf: *mut u8, buf_limit: u32) -> u32
///     { request: HOOKS, response: NEVER, buffered: NEVER, touches: Reads(Part::Line), waits: Never }
/// ```
///
/// where the first word is the variant of [`Function`] and the second the name in the ABI. The last
/// block has the fields of [`Access`], each a constant of [`Phases`]; then a value of [`Touches`] and a
/// variant of [`Waits`]. A function without a result has none in its row.
#[macro_export]
macro_rules! functions {
    ($($callback:ident)::+) => {
        $($callback)::+! {
            module "http_handler";
            /// Switches host features on: for all requests during initialisation, for this one in
            /// `handle_request`. The result is the set now enabled, or an echo; hosts differ.
            EnableFeatures enable_features(features: u32) -> u32
                { request: INIT_AND_REQUEST, response: NEVER, buffered: NEVER,
                  touches: Nothing, waits: Never }
            /// Reads the guest's configuration: raw bytes of any form, perhaps none.
            GetConfig get_config(buf: *mut u8, buf_limit: u32) -> u32
                { request: ALWAYS, response: NEVER, buffered: NEVER,
                  touches: Nothing, waits: Never }
            /// Whether a message of this level would be written: 1 or 0.
            LogEnabled log_enabled(level: i32) -> u32
                { request: ALWAYS, response: NEVER, buffered: NEVER,
                  touches: Nothing, waits: Never }
            /// Writes a message, UTF-8, to the host's log.
            Log log(level: i32, message: *const u8, message_len: u32)
                { request: ALWAYS, response: NEVER, buffered: NEVER,
                  touches: Nothing, waits: Never }
            /// Reads the request's method.
            GetMethod get_method(buf: *mut u8, buf_limit: u32) -> u32
                { request: HOOKS, response: NEVER, buffered: NEVER,
                  touches: Reads(Part::Line), waits: Never }
            /// Replaces the request's method; an empty one traps.
            SetMethod set_method(method: *const u8, method_len: u32)
                { request: REQUEST, response: NEVER, buffered: NEVER,
                  touches: Writes(Part::Line), waits: Never }
            /// Reads path and query of the request, percent-encoded; `/` where there is none.
            GetUri get_uri(buf: *mut u8, buf_limit: u32) -> u32
                { request: HOOKS, response: NEVER, buffered: NEVER,
                  touches: Reads(Part::Line), waits: Never }
            /// Replaces path and query together; a path without a leading slash traps.
            SetUri set_uri(uri: *const u8, uri_len: u32)
                { request: REQUEST, response: NEVER, buffered: NEVER,
                  touches: Writes(Part::Line), waits: Never }
            /// Reads the protocol version, such as `HTTP/1.1`.
            GetProtocolVersion get_protocol_version(buf: *mut u8, buf_limit: u32) -> u32
                { request: HOOKS, response: NEVER, buffered: NEVER,
                  touches: Reads(Part::Version), waits: Never }
            /// Reads the address and port of the client, such as `1.2.3.4:5678`. Hosts from before
            /// October 2023 lack it.
            GetSourceAddr get_source_addr(buf: *mut u8, buf_limit: u32) -> u32
                { request: HOOKS, response: NEVER, buffered: NEVER,
                  touches: Reads(Part::SourceAddr), waits: Never }
            /// Reads the names of a header map, each ended by NUL.
            GetHeaderNames get_header_names(kind: u32, buf: *mut u8, buf_limit: u32) -> u64
                { request: HOOKS, response: HOOKS, buffered: HOOKS,
                  touches: Reads(Part::Headers), waits: Trailers }
            /// Reads the values of one header, each ended by NUL; an empty name traps.
            GetHeaderValues get_header_values(
                kind: u32,
                name: *const u8,
                name_len: u32,
                buf: *mut u8,
                buf_limit: u32
            ) -> u64
                { request: HOOKS, response: HOOKS, buffered: HOOKS,
                  touches: Reads(Part::Headers), waits: Trailers }
            /// Replaces all values of a header; an empty name traps.
            SetHeaderValue set_header_value(
                kind: u32,
                name: *const u8,
                name_len: u32,
                value: *const u8,
                value_len: u32
            )
                { request: REQUEST, response: REQUEST, buffered: HOOKS,
                  touches: Writes(Part::Headers), waits: Trailers }
            /// Appends a value to a header; an empty name traps.
            AddHeaderValue add_header_value(
                kind: u32,
                name: *const u8,
                name_len: u32,
                value: *const u8,
                value_len: u32
            )
                { request: REQUEST, response: REQUEST, buffered: HOOKS,
                  touches: Writes(Part::Headers), waits: Trailers }
            /// Removes all values of a header; an empty name traps.
            RemoveHeader remove_header(kind: u32, name: *const u8, name_len: u32)
                { request: REQUEST, response: REQUEST, buffered: HOOKS,
                  touches: Writes(Part::Headers), waits: Trailers }
            /// Reads the next bytes of a body; a limit of 0 traps.
            ReadBody read_body(kind: u32, buf: *mut u8, buf_limit: u32) -> u64
                { request: REQUEST, response: NEVER, buffered: HOOKS,
                  touches: Reads(Part::Body), waits: Body }
            /// Writes a body: the first call of a phase replaces it, later ones append.
            WriteBody write_body(kind: u32, body: *const u8, body_len: u32)
                { request: REQUEST, response: REQUEST, buffered: HOOKS,
                  touches: Writes(Part::Body), waits: Never }
            /// Reads the status code of the response.
            GetStatusCode get_status_code() -> u32
                { request: NEVER, response: NEVER, buffered: HOOKS,
                  touches: Reads(Part::Status), waits: Never }
            /// Sets the status code of the response. Unbuffered, this sends the head.
            SetStatusCode set_status_code(status_code: u32)
                { request: NEVER, response: REQUEST, buffered: HOOKS,
                  touches: Writes(Part::Status), waits: Never }
        }
    };
}

macro_rules! define {
    (module $module:literal; $(
        $(#[doc = $doc:literal])+
        $variant:ident $name:ident($($param:ident: $ty:ty),*) $(-> $result:ty)?
            {
                request: $request:ident, response: $response:ident, buffered: $buffered:ident,
                touches: $touches:expr, waits: $waits:ident
            }
    )+) => {
        /// The module that every function of this ABI is imported from.
        pub const MODULE: &str = $module;

        /// A function that the host offers: a row of the ABI's table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Function {
            $($(#[doc = $doc])+ $variant,)+
        }

        /// Every function of the ABI, in the order of the ABI's text.
        pub const FUNCTIONS: [Function; [$(stringify!($name)),+].len()] =
            [$(Function::$variant),+];

        impl Function {
            /// The name that a guest imports the function by.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($name),)+
                }
            }

            /// Its type as the module sees it.
            #[must_use]
            pub const fn signature(self) -> Signature {
                match self {
                    $(Self::$variant => Signature {
                        params: &[$(<$ty as WasmValue>::TYPE),*],
                        result: define!(@result $($result)?),
                    },)+
                }
            }

            /// Its arguments, in order.
            #[must_use]
            pub const fn params(self) -> &'static [Param] {
                match self {
                    $(Self::$variant => &[
                        $(Param { name: stringify!($param), ty: <$ty as WasmValue>::TYPE }),*
                    ],)+
                }
            }

            /// When it may be called.
            #[must_use]
            pub const fn access(self) -> Access {
                match self {
                    $(Self::$variant => Access {
                        request: Phases::$request,
                        response: Phases::$response,
                        buffered_response: Phases::$buffered,
                    },)+
                }
            }

            /// What it reads or writes of an exchange.
            #[must_use]
            pub const fn touches(self) -> Touches {
                use Touches::{Nothing, Reads, Writes};
                match self {
                    $(Self::$variant => $touches,)+
                }
            }

            /// What a call may have to wait for.
            #[must_use]
            pub const fn waits(self) -> Waits {
                match self {
                    $(Self::$variant => Waits::$waits,)+
                }
            }

            /// What it does, in a sentence or two.
            #[must_use]
            pub const fn doc(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),+).trim_ascii(),)+
                }
            }
        }
    };
    (@result) => { None };
    (@result $result:ty) => { Some(<$result as WasmValue>::TYPE) };
}

functions!(define);

impl Function {
    /// The function with this name, if the ABI has one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        FUNCTIONS.into_iter().find(|function| function.name() == name)
    }

    /// Whether it reads this part of an exchange.
    #[must_use]
    pub fn reads(self, part: Part) -> bool {
        self.touches() == Touches::Reads(part)
    }

    /// Whether it writes this part of an exchange.
    #[must_use]
    pub fn writes(self, part: Part) -> bool {
        self.touches() == Touches::Writes(part)
    }

    /// Whether a call may have to wait for a body to arrive; for trailers only where they can be
    /// enabled.
    #[must_use]
    pub const fn may_wait(self, trailers_enabled: bool) -> bool {
        match self.waits() {
            Waits::Never => false,
            Waits::Body => true,
            Waits::Trailers => trailers_enabled,
        }
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
