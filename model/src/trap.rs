//! Why a guest's call ended, and what is wrong although it did not.

use std::fmt;

use http_wasm_abi::{BodyKind, Function, Phase};

/// The end of a guest's call: a host function refused its arguments, or the guest itself failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Trap {
    kind: TrapKind,
    function: Option<Function>,
    body: Option<BodyKind>,
    message: String,
}

/// What kind of fault a [`Trap`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrapKind {
    /// The function may not be called in this phase, or not without a feature.
    Phase,
    /// The function does not exist on this host.
    Missing,
    /// A number that the ABI does not know: a kind, a log level, a status code, a result.
    Number,
    /// A pointer and length outside the guest's memory.
    Memory,
    /// A header name that is empty or not a token.
    Name,
    /// A header value, method, URI or message that cannot be sent.
    Value,
    /// A limit of 0 bytes for a read that could never end.
    Limit,
    /// A body that cannot be read or written in this state.
    Body,
    /// More than the host holds for a guest: a body, headers.
    TooLarge,
    /// The guest ended itself: a panic, `unreachable`, a division by zero, an exit.
    Guest,
    /// The guest used up the instructions or the time that it was given.
    Exhausted,
}

impl TrapKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Phase,
        Self::Missing,
        Self::Number,
        Self::Memory,
        Self::Name,
        Self::Value,
        Self::Limit,
        Self::Body,
        Self::TooLarge,
        Self::Guest,
        Self::Exhausted,
    ];
}

impl Trap {
    /// A trap of a host function. The message names the function by itself.
    #[must_use]
    pub fn host(kind: TrapKind, function: Function, message: impl fmt::Display) -> Self {
        Self {
            kind,
            function: Some(function),
            body: None,
            message: format!("{function}: {message}"),
        }
    }

    /// A trap that the guest ran into by itself, such as a panic.
    #[must_use]
    pub fn guest(message: impl Into<String>) -> Self {
        Self { kind: TrapKind::Guest, function: None, body: None, message: message.into() }
    }

    /// A trap of any kind that belongs to no host function.
    #[must_use]
    pub fn other(kind: TrapKind, message: impl Into<String>) -> Self {
        Self { kind, function: None, body: None, message: message.into() }
    }

    /// The same, for a body that is too large.
    pub(super) fn of_body(mut self, kind: BodyKind) -> Self {
        self.body = Some(kind);
        self
    }

    /// The body that was too large, if that is what was wrong.
    #[must_use]
    pub const fn body(&self) -> Option<BodyKind> {
        self.body
    }

    /// What kind of fault this is.
    #[must_use]
    pub const fn kind(&self) -> TrapKind {
        self.kind
    }

    /// The host function that trapped, if it was one.
    #[must_use]
    pub const fn function(&self) -> Option<Function> {
        self.function
    }

    /// What was found and what is allowed.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// Something that real hosts do not trap on, but treat differently from each other or from what the
/// guest may have meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// When it happened.
    pub phase: Phase,
    /// The function that was called, or `None` for what shows only when the hook has ended.
    pub function: Option<Function>,
    /// What the guest did, what real hosts make of it, and the remedy.
    pub message: String,
    /// Whether hosts go on well all the same, and alike.
    pub is_harmless: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.function {
            Some(function) => write!(f, "{function} in {}: {}", self.phase, self.message),
            None => write!(f, "after {}: {}", self.phase, self.message),
        }
    }
}
