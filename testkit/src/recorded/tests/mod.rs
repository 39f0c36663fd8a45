//! Recorded exchanges: the format, and running them.

mod read;
mod run;
