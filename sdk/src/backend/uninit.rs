//! Buffers that the host writes to.

use core::mem::MaybeUninit;

use super::types::BufferTooSmall;

/// Bytes that may be uninitialised.
pub(crate) type UninitSlice = [MaybeUninit<u8>];

/// Pointer and length, as the host takes them.
#[inline]
pub(super) fn parts(slice: &mut UninitSlice) -> (*mut u8, u32) {
    let limit = u32::try_from(slice.len()).unwrap_or(u32::MAX);
    (slice.as_mut_ptr().cast(), limit)
}

/// The first `len` bytes, or an error where there are fewer: the host has written nothing then.
///
/// # Safety
/// The host has written `len` bytes from the front, if that many fit.
#[inline]
pub(super) unsafe fn written(
    slice: &mut UninitSlice,
    len: u32,
) -> Result<&mut [u8], BufferTooSmall> {
    match slice.get_mut(..len as usize) {
        // SAFETY: the caller says so. (On WebAssembly all memory is initialised anyway.)
        Some(bytes) => Ok(unsafe { assume_init(bytes) }),
        None => Err(BufferTooSmall { needed: len }),
    }
}

/// What `assume_init_mut` of such a slice is, from Rust 1.93 on.
///
/// # Safety
/// All bytes are initialised.
#[inline]
pub(super) const unsafe fn assume_init(slice: &mut UninitSlice) -> &mut [u8] {
    // SAFETY: the caller says so, and `MaybeUninit<u8>` has the layout of `u8`.
    unsafe { &mut *(core::ptr::from_mut(slice) as *mut [u8]) }
}

/// Views initialised bytes as a buffer.
#[inline]
pub(crate) fn as_uninit(bytes: &mut [u8]) -> &mut UninitSlice {
    // SAFETY: initialised bytes may be seen as uninitialised ones; this crate writes nothing but
    // initialised bytes to an `UninitSlice`, so they stay what they are for whoever lent them.
    unsafe { &mut *(core::ptr::from_mut(bytes) as *mut UninitSlice) }
}
