//! Reading and writing bodies.

use core::marker::PhantomData;

use http_wasm_abi::BodyKind;

use crate::buffer::Scratch;
use crate::raw;

/// What one reading of a body gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'b> {
    /// The bytes, no more than the buffer has room for. None do not mean that the body has ended.
    pub bytes: &'b [u8],
    /// Whether the body has ended: reading on gives nothing.
    pub end: bool,
}

/// A body under way.
#[derive(Debug)]
pub struct Body<'a> {
    kind: BodyKind,
    _borrow: PhantomData<&'a mut ()>,
}

impl Body<'_> {
    #[inline]
    pub(crate) const fn of(kind: BodyKind) -> Self {
        Self { kind, _borrow: PhantomData }
    }

    /// Takes the next bytes of the body. ABI: `read_body`.
    ///
    /// What is taken off a request's body does not reach the next handler unless it is written
    /// again: reading is for handlers that answer themselves. An empty buffer gets nothing (a host
    /// would trap on it).
    #[inline]
    pub fn read<'b>(&mut self, buffer: &'b mut (impl Scratch + ?Sized)) -> Chunk<'b> {
        let space = buffer.space();
        if space.is_empty() {
            return Chunk { bytes: &[], end: false };
        }
        let (end, bytes) = raw::read_body(self.kind, space);
        Chunk { bytes, end }
    }

    /// Writes bytes: the first call replaces the body, later ones append. ABI: `write_body`.
    ///
    /// No bytes are a body as well: an empty one.
    #[inline]
    pub fn write(&mut self, bytes: &[u8]) {
        raw::write_body(self.kind, bytes);
    }
}
