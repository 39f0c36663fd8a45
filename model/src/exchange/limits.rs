//! How much of an exchange a host holds for a guest.

/// The most that a host holds of one exchange, so that neither a guest nor a client can fill its
/// memory. What a guest makes longer is a trap of kind
/// [`TooLarge`](super::TrapKind::TooLarge); what a peer sends is answered by the host around the
/// model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request's body: what is kept of it because the guest has read it or asked for
    /// buffering, and what the guest has written instead. What passes, and what is read without
    /// being kept, may be of any length. 4 MiB unless changed.
    pub request_body: usize,
    /// The same of a response's body. 4 MiB unless changed.
    pub response_body: usize,
    /// Values of the headers, or of the trailers, of one message. 1,000 unless changed.
    pub header_count: usize,
    /// Bytes of names and values: of the headers of a request that comes in, and of all that a guest
    /// writes during one exchange. 256 KiB unless changed.
    pub header_bytes: usize,
    /// Messages that a guest may log in one hook; further ones are counted and not kept. 1,000 unless
    /// changed.
    pub log_entries: usize,
    /// Bytes of these messages; one that does not fit any more is cut, which shows at its end, and
    /// further ones are counted and not kept. 256 KiB unless changed.
    pub log_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_body: 4 << 20,
            response_body: 4 << 20,
            header_count: 1_000,
            header_bytes: 256 << 10,
            log_entries: 1_000,
            log_bytes: 256 << 10,
        }
    }
}

impl Limits {
    /// No limits, for a guest that is trusted.
    pub const NONE: Self = Self {
        request_body: usize::MAX,
        response_body: usize::MAX,
        header_count: usize::MAX,
        header_bytes: usize::MAX,
        log_entries: usize::MAX,
        log_bytes: usize::MAX,
    };
}
