//! The testing kit.
