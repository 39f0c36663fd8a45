//! One module per command: its arguments, the steps that it takes, and how results are printed.

pub(crate) mod bench;
pub(crate) mod tck;
pub(crate) mod third_party;
pub(crate) mod wire;
