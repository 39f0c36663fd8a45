//! What a person sees while work is under way: short aligned lines on standard error, so that
//! standard output stays free for results.

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};

/// Says that a step begins: a verb, right-aligned as cargo does it, and what it is about.
pub fn step(verb: &str, what: impl Display) {
    eprintln!("{verb:>12} {what}");
}

/// Says something that the user should know although the work goes on.
pub fn warn(what: impl Display) {
    eprintln!("{:>12} {what}", "warning");
}

static VERBOSE: AtomicBool = AtomicBool::new(false);

/// Whether [`command`] prints.
pub fn set_verbose(verbose: bool) {
    VERBOSE.store(verbose, Ordering::Relaxed);
}

/// Echoes a command line that is about to run, when the user asked for that.
pub fn command(line: &str) {
    if VERBOSE.load(Ordering::Relaxed) {
        step("Running", line);
    }
}
