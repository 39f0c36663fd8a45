//! The error numbers of WASI that are used here.

pub(super) const SUCCESS: u32 = 0;
pub(super) const BADF: u32 = 8;
pub(super) const FAULT: u32 = 21;
pub(super) const ILSEQ: u32 = 25;
pub(super) const INVAL: u32 = 28;
pub(super) const IO: u32 = 29;
pub(super) const ISDIR: u32 = 31;
pub(super) const MFILE: u32 = 33;
pub(super) const NAMETOOLONG: u32 = 37;
pub(super) const NOENT: u32 = 44;
pub(super) const NOSYS: u32 = 52;
pub(super) const NOTDIR: u32 = 54;
pub(super) const PERM: u32 = 63;
pub(super) const ROFS: u32 = 69;
pub(super) const SPIPE: u32 = 70;
