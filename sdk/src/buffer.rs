//! Buffers that a caller lends for reading.

use core::mem::MaybeUninit;

use crate::backend::{UninitSlice, as_uninit};

/// A buffer of `N` bytes, on the stack and not zeroed.
///
/// Every reading function takes a buffer and gives back what it has read as a borrow of it. There is no
/// hidden buffer in this crate, so what you hold cannot change under you. `N` is the cap: a longer
/// value is the error [`BufferTooSmall`](crate::BufferTooSmall), and never cut.
///
/// In a guest the bytes come from the shadow stack, which is 16 KiB unless the filter says otherwise.
/// An array or a slice of bytes serves as well.
///
/// ```
/// use http_wasm_sdk::prelude::*;
///
/// #[handler]
/// fn short(request: &mut Request, reply: Reply<'_>) -> Option<Responded> {
///     let mut buffer = Buffer::<16>::new();
///     match request.uri(&mut buffer) {
///         Ok(_) => None,
///         Err(error) => {
///             assert!(error.needed > 16);
///             Some(reply.status(StatusCode::URI_TOO_LONG).end())
///         }
///     }
/// }
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # assert_eq!(testing::run::<short>(&Scenario::get("/fits")).status(), 200);
/// # assert_eq!(testing::run::<short>(&Scenario::get("/does-not-fit-at-all")).status(), 414);
/// ```
#[derive(Debug)]
pub struct Buffer<const N: usize>([MaybeUninit<u8>; N]);

impl<const N: usize> Buffer<N> {
    /// Makes a buffer.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self([const { MaybeUninit::uninit() }; N])
    }
}

impl<const N: usize> Default for Buffer<N> {
    fn default() -> Self {
        Self::new()
    }
}

mod sealed {
    use super::UninitSlice;

    /// A token that only this crate can make. A trait that cannot be named can still be called, through
    /// the bound of one that can; and whoever gets at an array as an uninitialised slice could leave
    /// bytes of it uninitialised, without `unsafe`.
    #[derive(Debug)]
    pub struct SealedToken;

    pub trait Lend {
        fn lend(&mut self, _: SealedToken) -> &mut UninitSlice;
    }
}

pub(crate) use sealed::{Lend, SealedToken};

/// A buffer that can be lent for reading: [`Buffer`], an array or a slice of bytes.
pub trait ReadBuffer: Lend {}

impl<T: Lend + ?Sized> ReadBuffer for T {}

impl<const N: usize> Lend for Buffer<N> {
    #[inline]
    fn lend(&mut self, _: SealedToken) -> &mut UninitSlice {
        &mut self.0
    }
}

impl<const N: usize> Lend for [u8; N] {
    #[inline]
    fn lend(&mut self, _: SealedToken) -> &mut UninitSlice {
        as_uninit(self)
    }
}

impl Lend for [u8] {
    #[inline]
    fn lend(&mut self, _: SealedToken) -> &mut UninitSlice {
        as_uninit(self)
    }
}
