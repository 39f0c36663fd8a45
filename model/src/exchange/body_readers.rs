//! What guests read of bodies, and where they are in it.

/// Bytes of a body that a guest reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk<'a> {
    /// At most as many as were asked for.
    pub(crate) bytes: &'a [u8],
    /// Whether they are the last.
    pub(crate) end: bool,
}

/// What a reader of the response's body reads: decided at the first read.
#[derive(Clone, Debug)]
pub(super) enum Reader {
    /// What the next handler sends.
    Incoming,
    /// What there was then.
    Own(Own),
}

/// Bytes that the guest has written, and how much of them it has read back.
#[derive(Clone, Debug, Default)]
pub(super) struct Own {
    pub(super) data: Vec<u8>,
    pub(super) position: usize,
}

impl Own {
    /// Reads on. The end comes with the last byte where `early`, or else when more was asked for than
    /// there is.
    pub(super) fn read(&mut self, most: usize, early: bool) -> Chunk<'_> {
        let start = self.position.min(self.data.len());
        let bytes = first(&self.data[start..], most);
        self.position = start + bytes.len();
        let is_all = self.position == self.data.len();
        Chunk { bytes, end: if early { is_all } else { bytes.len() < most } }
    }
}

pub(super) fn first(data: &[u8], most: usize) -> &[u8] {
    &data[..data.len().min(most)]
}
