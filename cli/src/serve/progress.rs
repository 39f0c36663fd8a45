//! Shows that a guest is being compiled, where that takes a while.

use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::ui;

/// After how long it is shown, and how often again.
const FIRST: Duration = Duration::from_millis(500);
const AGAIN: Duration = Duration::from_secs(10);

/// Does what compiles a guest of this many bytes, and shows that and how long it took.
pub(super) fn shown<T>(guest: &Path, bytes: usize, compile: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    std::thread::scope(|scope| {
        let (done, is_done) = channel::<()>();
        scope.spawn(move || {
            let mut wait = FIRST;
            let size = bytes.div_ceil(1 << 10);
            while is_done.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                let so_far = match wait {
                    FIRST => String::new(),
                    _ => format!(", for {} s so far", began.elapsed().as_secs()),
                };
                ui::step("Compiling", format_args!("{} ({size} KiB){so_far}", guest.display()));
                wait = AGAIN;
            }
            if wait == AGAIN {
                let seconds = began.elapsed().as_secs_f64();
                ui::step("Compiled", format_args!("{} in {seconds:.1} s", guest.display()));
            }
        });
        let result = compile();
        // The other side ends when it hears that.
        drop(done);
        result
    })
}
