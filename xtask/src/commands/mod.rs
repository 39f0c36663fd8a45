//! One module per command: its arguments, and the steps that they stand for.

pub(crate) mod bench;
pub(crate) mod tck;
pub(crate) mod third_party;
