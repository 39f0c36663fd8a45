//! Reading bodies into lent room.

use http_wasm_abi::{BodyKind, EofLen};

use super::{Space, imports, parts, write_body, written};

/// A buffer that is filled from the front: by reads of a body, or byte by byte.
pub(crate) struct Filling<'b> {
    space: &'b mut Space,
    /// The bytes that are filled, no more than there are: one after the other, by `read_body` or by hand.
    len: usize,
}

impl<'b> Filling<'b> {
    #[inline]
    pub(crate) const fn new(space: &'b mut Space) -> Self {
        Self { space, len: 0 }
    }

    /// Reads as many bytes as there is room for, and gives back what the host says. `None` where there
    /// is no room, as the host would trap.
    #[inline]
    pub(crate) fn read(&mut self, kind: BodyKind) -> Option<EofLen> {
        // SAFETY: by what `len` is.
        let room = unsafe { self.space.get_unchecked_mut(self.len..) };
        if room.is_empty() {
            return None;
        }
        let (buf, limit) = parts(room);
        // SAFETY: `buf` is good for writes of `limit` bytes.
        let result = EofLen::from_bits(unsafe { imports::read_body(kind as u32, buf, limit) });
        // A host that claims more bytes than fit has written none that could be trusted.
        self.len += written(room, result.len()).map_or(0, |bytes| bytes.len());
        Some(result)
    }

    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts a byte behind what is filled, where there is room.
    #[inline]
    pub(crate) fn push(&mut self, byte: u8) {
        if let Some(place) = self.space.get_mut(self.len) {
            place.write(byte);
            self.len += 1;
        }
    }

    #[inline]
    pub(crate) fn into_bytes(self) -> &'b mut [u8] {
        // SAFETY: by what `len` is.
        unsafe { self.space.get_unchecked_mut(..self.len).assume_init_mut() }
    }
}

/// What came of reading a whole body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whole {
    /// That is all of it.
    All = 0,
    /// There was no room for all of it.
    TooLong = 1,
    /// The host gave neither more nor the end.
    Stalled = 2,
}

/// Reads a whole body: what it gives back is all of it, or what was read last.
///
/// With `write_back`, which is for the body of a request, what there is no room for is written back on
/// the way, so that the caller can have all of it reach the next handler by writing what is given back.
/// Since only a read that finds
/// nothing tells that there is no more, a body has to be shorter than the room for it.
#[inline(always)]
pub(crate) fn read_whole(
    kind: BodyKind,
    patience: u32,
    write_back: bool,
    space: &mut Space,
) -> (Whole, &mut [u8]) {
    let result = fill_whole(kind, patience, write_back, space);
    let whole = match result >> 32 {
        0 => Whole::All,
        1 => Whole::TooLong,
        _ => Whole::Stalled,
    };
    // SAFETY: `fill_whole` has filled as many bytes of `space` as it says, from the front.
    (whole, unsafe { space.get_unchecked_mut(..result as u32 as usize).assume_init_mut() })
}

/// A [`Whole`] in the high word, and in the low one how many bytes are filled. Out of line, and
/// numbers for a result: that is worth 500 bytes to a guest that reads two bodies.
#[inline(never)]
fn fill_whole(kind: BodyKind, mut patience: u32, write_back: bool, space: &mut Space) -> u64 {
    let mut whole = Whole::All;
    let mut filling = Filling::new(space);
    loop {
        let Some(result) = filling.read(kind) else {
            whole = Whole::TooLong;
            if filling.len == 0 || !write_back {
                break;
            }
            let len = core::mem::take(&mut filling.len);
            // SAFETY: by what `len` is.
            write_body(kind, unsafe { filling.space.get_unchecked(..len).assume_init_ref() });
            continue;
        };
        if result.is_eof() {
            break;
        }
        patience -= u32::from(result.is_empty());
        if patience == 0 {
            whole = Whole::Stalled;
            break;
        }
    }
    (whole as u64) << 32 | filling.len as u64
}

/// Passes a body through `change`, in place and piece by piece; each piece begins with the last
/// `overlap` bytes of the one before. With `at_once` there is one piece, the whole body, and nothing is
/// written where that has no room.
///
/// Where there is no room for more than the overlap, it says that the body is too long.
///
/// Out of line, for both bodies of a guest.
#[inline(never)]
pub(crate) fn map_overlapping<F: FnMut(&mut [u8])>(
    kind: BodyKind,
    mut patience: u32,
    at_once: bool,
    overlap: usize,
    space: &mut Space,
    change: &mut F,
) -> Whole {
    let mut filling = Filling::new(space);
    while patience != 0 {
        let Some(result) = filling.read(kind) else { return Whole::TooLong };
        patience -= u32::from(result.bits() == 0);
        if at_once && !result.is_eof() {
            continue;
        }
        let len = filling.len;
        // SAFETY: by what `len` is.
        let piece = unsafe { filling.space.get_unchecked_mut(..len).assume_init_mut() };
        change(piece);
        if result.is_eof() {
            write_body(kind, piece);
            return Whole::All;
        }
        let (done, kept) = piece.split_at(len.saturating_sub(overlap));
        write_body(kind, done);
        filling.len = kept.len();
        for index in 0..kept.len() {
            piece[index] = piece[len - filling.len + index];
        }
    }
    Whole::Stalled
}
