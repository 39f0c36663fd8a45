//! Two things that safe code can do as well, but only with much of the library behind it.

/// Bytes as text, where they are.
#[inline(always)]
pub(crate) fn text(bytes: &[u8]) -> Option<&str> {
    if crate::utf8::valid_len(bytes) < bytes.len() {
        return None;
    }
    // SAFETY: all of it is UTF-8, by an answer that tests hold against the library's.
    Some(unsafe { core::str::from_utf8_unchecked(bytes) })
}

/// Appends an item if there is room for it, and else forgets it: `Vec::push` brings the code for
/// growing along, and dropping the item what that takes.
#[cfg(feature = "alloc")]
#[inline]
pub(crate) fn push_within_capacity<T>(items: &mut alloc::vec::Vec<T>, item: T) {
    if let Some(place) = items.spare_capacity_mut().first_mut() {
        place.write(item);
        let len = items.len() + 1;
        // SAFETY: there was room for one more, and it has just been written.
        unsafe { items.set_len(len) };
    } else {
        core::mem::forget(item);
    }
}
