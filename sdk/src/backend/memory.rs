//! `memcpy`, `memmove` and `memset`, a byte at a time.
//!
//! The ones that come with Rust copy words and unroll their loops, which is some 500 bytes of a guest
//! for each. A guest moves little: bodies and headers are copied by the host. One that moves much
//! turns the feature `small-memory` off.
//!
//! LLVM leaves loops alone that stand in functions of these names, so none of them calls itself.

use core::ffi::c_int;

/// # Safety
/// As in C: `to` is good for writes and `from` for reads of `len` bytes, and they do not overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    let mut index = 0;
    while index < len {
        // SAFETY: `index` is below `len`.
        unsafe { *to.add(index) = *from.add(index) };
        index += 1;
    }
    to
}

/// # Safety
/// As in C: `to` is good for writes and `from` for reads of `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    if to.cast_const() <= from {
        let mut index = 0;
        while index < len {
            // SAFETY: `index` is below `len`, and what is written was read before or lies behind.
            unsafe { to.add(index).write_volatile(*from.add(index)) };
            index += 1;
        }
    } else {
        let mut index = len;
        while index != 0 {
            index -= 1;
            // SAFETY: `index` is below `len`, and what is written was read before or lies ahead.
            unsafe { to.add(index).write_volatile(*from.add(index)) };
        }
    }
    to
}

/// # Safety
/// As in C: `to` is good for writes of `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: c_int, len: usize) -> *mut u8 {
    let mut index = 0;
    while index < len {
        // SAFETY: `index` is below `len`.
        unsafe { *to.add(index) = byte as u8 };
        index += 1;
    }
    to
}
