//! Recorded exchanges: the format, and playing them.

mod play;
mod read;
