//! Static state of a guest.

use core::cell::Cell;

/// A cell in a static of the guest.
///
/// Guests have one thread. Natively, where tests have many, nothing but a testing session holds one,
/// and a session stays on its thread.
pub(crate) struct GuestCell<T>(Cell<T>);

// SAFETY: WebAssembly without the threads proposal, whose feature is `atomics`, has one thread.
#[cfg(all(target_family = "wasm", not(target_feature = "atomics")))]
unsafe impl<T> Sync for GuestCell<T> {}

impl<T> GuestCell<T> {
    /// Makes a cell with this value.
    pub(crate) const fn new(value: T) -> Self {
        Self(Cell::new(value))
    }

    /// Puts a value in and gives back the one that was there.
    #[inline]
    pub(crate) fn replace(&self, value: T) -> T {
        self.0.replace(value)
    }
}

impl GuestCell<bool> {
    /// Reads the value.
    #[inline]
    pub(crate) fn get(&self) -> bool {
        let value = self.replace(false);
        self.replace(value);
        value
    }
}
