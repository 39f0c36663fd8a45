//! Writing messages.

use core::fmt::{self, Write as _};

use crate::backend;
pub use crate::backend::Level;

/// The bytes that a formatted message can have; a longer one is cut and ends in [`CUT_MARK`].
pub const LIMIT: usize = 512;

/// What a message that was cut ends in.
pub const CUT_MARK: &str = "…";

/// Writes a message to the host's log. ABI: `log`.
#[inline]
pub fn log(level: Level, message: &str) {
    backend::log(level, message);
}

/// Whether the host writes messages of this level. ABI: `log_enabled`.
///
/// Ask before you work on a message: [`format()`] does so by itself.
#[inline]
#[must_use]
pub fn enabled(level: Level) -> bool {
    backend::log_enabled(level)
}

macro_rules! levels {
    ($($(#[doc = $doc:literal])+ $name:ident => $level:ident;)+) => {
        $(
            $(#[doc = $doc])+
            #[inline]
            pub fn $name(message: &str) {
                log(Level::$level, message);
            }
        )+
    };
}

levels! {
    /// Writes a message of level debug.
    debug => Debug;
    /// Writes a message of level info.
    info => Info;
    /// Writes a message of level warn.
    warn => Warn;
    /// Writes a message of level error.
    error => Error;
}

/// Writes a formatted message, if the host wants messages of this level: nothing is formatted where
/// it does not.
///
/// ```
/// use http_wasm_sdk::prelude::*;
///
/// #[handler]
/// fn routes(_request: &mut Request, reply: Reply<'_>) -> Responded {
///     let found = 3;
///     log::format(log::Level::Warn, format_args!("{found} routes, expected one"));
///     reply.status(StatusCode::BAD_GATEWAY).end()
/// }
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # let messages = |level| testing::run::<routes>(&Scenario::get("/").log_threshold(level)).messages();
/// # assert_eq!(messages(log::Level::Warn), ["warn: 3 routes, expected one"]);
/// # assert!(messages(log::Level::Error).is_empty());
/// ```
#[inline]
pub fn format(level: Level, arguments: fmt::Arguments<'_>) {
    if let Some(constant) = arguments.as_str() {
        log(level, constant);
    } else if enabled(level) {
        format_cold(level, arguments);
    }
}

#[inline(never)]
fn format_cold(level: Level, arguments: fmt::Arguments<'_>) {
    let mut line = Line { bytes: [0; LIMIT], len: 0, cut: false };
    // A `Display` that fails has written what it could.
    let _ = line.write_fmt(arguments);
    log(level, line.as_str());
}

/// A message that is being written: whole characters only, so that it is UTF-8 wherever it is cut.
struct Line {
    bytes: [u8; LIMIT],
    len: usize,
    cut: bool,
}

impl Line {
    const MAX_LEN: usize = LIMIT - CUT_MARK.len();

    fn push(&mut self, text: &str) {
        for (to, from) in self.bytes.iter_mut().skip(self.len).zip(text.bytes()) {
            *to = from;
        }
        self.len += text.len();
    }

    fn as_str(&self) -> &str {
        self.bytes
            .get(..self.len)
            .and_then(|bytes| core::str::from_utf8(bytes).ok())
            .unwrap_or(CUT_MARK)
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.cut {
            return Err(fmt::Error);
        }
        let free = Self::MAX_LEN - self.len;
        if text.len() <= free {
            self.push(text);
            return Ok(());
        }
        let fits = (0..=free).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        self.push(text.get(..fits).unwrap_or_default());
        self.push(CUT_MARK);
        self.cut = true;
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;

    fn line(text: &str) -> std::string::String {
        let mut line = Line { bytes: [0; LIMIT], len: 0, cut: false };
        let _ = line.write_str(text);
        line.as_str().into()
    }

    #[test]
    fn a_message_that_fits_is_whole() {
        let text = "x".repeat(Line::MAX_LEN);
        assert_eq!(line(&text), text);
        assert_eq!(line(""), "");
    }

    #[test]
    fn a_message_that_does_not_fit_is_cut_with_a_mark() {
        let text = "ä".repeat(LIMIT);
        let cut = line(&text);
        assert!(cut.ends_with(CUT_MARK) && cut.len() <= LIMIT, "{cut}");
        assert!(text.starts_with(cut.trim_end_matches(CUT_MARK)));
        assert!(cut.len() > LIMIT - 5);
    }
}
