//! How the model reaches a guest's memory, whatever the guest is.

use http_wasm_abi::Function;

use crate::trap::{Trap, TrapKind};

/// A guest's memory.
///
/// `ptr` is a `u64` because a guest that runs natively has real pointers. A range of no bytes is
/// never asked for: such a pointer may be anything.
pub trait Memory {
    /// The `len` bytes at `ptr`, or `None` where that is not all memory of the guest.
    fn read(&self, ptr: u64, len: u32) -> Option<&[u8]>;

    /// Writes `bytes` at `ptr`; writes nothing and gives `false` where that is not all memory of
    /// the guest.
    fn write(&mut self, ptr: u64, bytes: &[u8]) -> bool;

    /// Whether the `len` bytes at `ptr` are memory of the guest.
    fn contains(&self, ptr: u64, len: u32) -> bool;
}

/// A linear memory that begins at address 0.
#[derive(Debug)]
pub struct LinearMemory<'a>(pub &'a mut [u8]);

impl LinearMemory<'_> {
    fn range(&self, ptr: u64, len: usize) -> Option<std::ops::Range<usize>> {
        let start = usize::try_from(ptr).ok()?;
        let end = start.checked_add(len)?;
        (end <= self.0.len()).then_some(start..end)
    }
}

impl Memory for LinearMemory<'_> {
    fn read(&self, ptr: u64, len: u32) -> Option<&[u8]> {
        let range = self.range(ptr, usize::try_from(len).ok()?)?;
        Some(&self.0[range])
    }

    fn write(&mut self, ptr: u64, bytes: &[u8]) -> bool {
        match self.range(ptr, bytes.len()) {
            Some(range) => {
                self.0[range].copy_from_slice(bytes);
                true
            }
            None => false,
        }
    }

    fn contains(&self, ptr: u64, len: u32) -> bool {
        usize::try_from(len).is_ok_and(|len| self.range(ptr, len).is_some())
    }
}

/// An argument of a guest that lies outside its memory.
///
/// An operation takes arguments as `Result<&[u8], Outside>`, so that it can refuse a call in the
/// wrong phase before it traps on what could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outside {
    /// What the argument is, such as `name`.
    pub(crate) what: &'static str,
    pub(crate) ptr: u64,
    pub(crate) len: u32,
}

impl Outside {
    /// The trap of the function that the argument was for.
    pub(crate) fn trap(self, function: Function) -> Trap {
        let Self { what, ptr, len } = self;
        let message =
            format_args!("the {what} at {ptr:#x}, {len} bytes, is not all in the guest's memory");
        Trap::host(TrapKind::Memory, function, message)
    }
}
