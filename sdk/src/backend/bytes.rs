//! Operations that safe code can do as well, but only with more of the standard library.

/// Views bytes as text; `None` where they are not UTF-8.
#[inline(always)]
pub(crate) fn text(bytes: &[u8]) -> Option<&str> {
    if crate::utf8::valid_len(bytes) < bytes.len() {
        return None;
    }
    // SAFETY: `valid_len` says that all of it is UTF-8, which tests hold against the standard library.
    Some(unsafe { core::str::from_utf8_unchecked(bytes) })
}

/// Appends an item within the capacity, and otherwise forgets it: `Vec::push` brings the code for
/// growing along, and dropping the item its destructor.
#[cfg(feature = "alloc")]
#[inline]
pub(crate) fn push_within_capacity<T>(items: &mut alloc::vec::Vec<T>, item: T) {
    if let Some(slot) = items.spare_capacity_mut().first_mut() {
        slot.write(item);
        let len = items.len() + 1;
        // SAFETY: the capacity was sufficient, and the item has just been written.
        unsafe { items.set_len(len) };
    } else {
        core::mem::forget(item);
    }
}
