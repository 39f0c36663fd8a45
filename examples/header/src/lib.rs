//! Header example
