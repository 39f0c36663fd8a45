//! Tracks a body that arrives from a peer: what has arrived, what was read, what is kept.

use super::body_readers::{Chunk, first};

/// A body, as far as it has arrived.
///
/// What was read and need not be kept is dropped when more arrives, so that a body of any length can
/// be read in bounded memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Incoming {
    data: Vec<u8>,
    /// How many bytes were dropped, all of them before `data`.
    gone: u64,
    /// How many bytes were read, dropped ones included.
    read: u64,
    end: End,
}

/// Whether the end of a body has arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum End {
    #[default]
    Arrived,
    /// The end, and the trailers after it, have not arrived, perhaps though all bytes have: as many as
    /// the sender has declared, if it has.
    Awaited(Option<u64>),
}

impl Incoming {
    /// A body that has all arrived.
    pub(super) const fn whole(data: Vec<u8>) -> Self {
        Self { data, gone: 0, read: 0, end: End::Arrived }
    }

    /// A body of which nothing has arrived yet; its length, where that is known.
    pub(super) const fn awaited(length: Option<u64>) -> Self {
        Self { data: Vec::new(), gone: 0, read: 0, end: End::Awaited(length) }
    }

    /// It has no bytes, and none will come.
    pub(super) const fn is_empty(&self) -> bool {
        !self.is_arriving() && self.data.is_empty() && self.gone == 0
    }

    /// The end has not arrived.
    pub(super) const fn is_arriving(&self) -> bool {
        matches!(self.end, End::Awaited(_))
    }

    /// No more bytes will come.
    pub(super) fn is_all_there(&self) -> bool {
        match self.end {
            End::Arrived => true,
            End::Awaited(length) => length.is_some_and(|length| self.arrived() >= length),
        }
    }

    /// Appends what has arrived. Unless `keep`, drops what was read. Returns how many bytes are held.
    pub(super) fn feed(&mut self, bytes: &[u8], keep: bool) -> usize {
        if !keep {
            let read = self.position();
            self.data.drain(..read);
            self.gone = self.read;
        }
        self.data.extend_from_slice(bytes);
        self.data.len()
    }

    /// The end has arrived.
    pub(super) const fn end(&mut self) {
        self.end = End::Arrived;
    }

    /// Where in `data` the next byte to be read is.
    fn position(&self) -> usize {
        // What was read was in `data`, whose length is a `usize`.
        usize::try_from(self.read - self.gone).unwrap_or(usize::MAX)
    }

    /// What has arrived and was not read.
    pub(super) fn unread(&self) -> &[u8] {
        &self.data[self.position()..]
    }

    /// What is held, read or not.
    pub(super) fn held(&self) -> &[u8] {
        &self.data
    }

    /// How many bytes were read.
    pub(super) const fn read(&self) -> u64 {
        self.read
    }

    /// How many bytes have arrived.
    pub(super) const fn arrived(&self) -> u64 {
        self.gone + self.data.len() as u64
    }

    /// Reads on: at most so many bytes, of those that have arrived.
    pub(super) fn take(&mut self, most: usize) -> Chunk<'_> {
        let start = self.position();
        let bytes = first(&self.data[start..], most);
        self.read += bytes.len() as u64;
        let end = self.is_all_there() && start + bytes.len() == self.data.len();
        Chunk { bytes, end }
    }

    /// Takes what is held out.
    pub(super) fn take_held(&mut self) -> Vec<u8> {
        self.gone += self.data.len() as u64;
        self.read = self.read.max(self.gone);
        std::mem::take(&mut self.data)
    }

    /// Takes what was not read out.
    pub(super) fn take_unread(&mut self) -> Vec<u8> {
        let position = self.position();
        let mut data = self.take_held();
        data.drain(..position);
        data
    }
}
