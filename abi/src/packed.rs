//! The three results that carry two 32-bit values in one `i64`.

/// What `handle_request` returns: whether the next handler runs, and a value for the response hook.
///
/// The low word is 1 to forward and 0 to short-circuit; the high word is `ctx`, which the host hands to
/// `handle_response` untouched. Every other low word is outside the ABI: the official Go host takes
/// it for 1, others may not, which [`CtxNext::is_valid`] tells a strict host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct CtxNext(u64);

impl CtxNext {
    /// Short-circuits: the guest has responded. The response hook is not called.
    pub const STOP: Self = Self(0);

    /// Forwards to the next handler, and hands `ctx` to the response hook.
    #[must_use]
    pub const fn go_on(ctx: u32) -> Self {
        Self((ctx as u64) << 32 | 1)
    }

    /// Reads a guest's result.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The value as it crosses the ABI.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Whether the next handler runs.
    #[must_use]
    pub const fn is_next(self) -> bool {
        self.0 as u32 != 0
    }

    /// The value for the response hook.
    #[must_use]
    pub const fn ctx(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Whether the ABI knows this value: the low word is 0 or 1.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        self.0 as u32 <= 1
    }
}

/// What the header functions return: how many items there are and how many bytes they take.
///
/// The bytes count a NUL after each item. When they are more than the guest's limit, nothing was
/// written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct CountLen(u64);

impl CountLen {
    /// Packs a count of items and their bytes, terminators included.
    #[must_use]
    pub const fn new(count: u32, len: u32) -> Self {
        Self((count as u64) << 32 | len as u64)
    }

    /// Reads a host's result.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The value as it crosses the ABI.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// How many items there are.
    #[must_use]
    pub const fn count(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// How many bytes the items take, with a NUL after each.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0 as u32
    }

    /// Whether there are no items.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.count() == 0
    }
}

/// What `read_body` returns: how many bytes were written, and whether the body has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct EofLen(u64);

impl EofLen {
    /// Packs the end mark and a number of bytes.
    #[must_use]
    pub const fn new(eof: bool, len: u32) -> Self {
        Self((eof as u64) << 32 | len as u64)
    }

    /// Reads a host's result.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The value as it crosses the ABI.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Whether the body has ended: a further read would give nothing.
    #[must_use]
    pub const fn is_eof(self) -> bool {
        self.0 >> 32 != 0
    }

    /// How many bytes were written to the guest's buffer.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0 as u32
    }

    /// Whether no byte was written. This alone does not mean that the body has ended.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }
}
