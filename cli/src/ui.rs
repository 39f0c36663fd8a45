//! What a person or a program reads: results on standard output; progress, warnings and errors on
//! standard error.
//!
//! Nothing here panics when a stream is closed or full. Standard error is not worth failing for. A
//! reader that closes standard output early, such as `head`, has what it wanted: the rest is
//! discarded, and the exit code stays what it would be. Any other failure there is an error, see
//! [`output_error`].
//!
//! Text that a guest or a client has made goes through [`escaped`], so that it cannot move the cursor,
//! forge a line, or hide.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write as _};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use http_wasm_host::module_info::printable;
use serde::Serialize;

/// Prints a line of a result on standard output.
pub fn out(line: impl Display) {
    let mut state = OUTPUT.lock().unwrap_or_else(PoisonError::into_inner);
    if !matches!(*state, Output::Open) {
        return;
    }
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => *state = Output::Closed,
        Err(error) => *state = Output::Failed(error),
    }
}

/// Prints a result as JSON on standard output.
///
/// # Errors
/// When the value has no JSON form.
pub fn json(value: &impl Serialize) -> serde_json::Result<()> {
    serde_json::to_string_pretty(value).map(out)
}

/// Prints a line on standard error.
pub fn err(line: impl Display) {
    match &*BACKGROUND.read().unwrap_or_else(PoisonError::into_inner) {
        None => drop(writeln!(io::stderr().lock(), "{line}")),
        Some(lines) => {
            if lines.try_send(line.to_string()).is_err() {
                DROPPED.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// Lets a thread of its own write standard error, until the result is dropped: a reader that does not
/// keep up then holds up nobody. Lines that it would have to wait for are counted instead.
#[must_use]
pub fn in_background() -> Background {
    let (lines, written) = sync_channel::<String>(MAX_WAITING_LINES);
    let (done, is_done) = sync_channel::<()>(0);
    std::thread::spawn(move || {
        let _done = done;
        for line in written {
            let dropped = DROPPED.swap(0, Ordering::Relaxed);
            let mut stderr = io::stderr().lock();
            if dropped > 0 {
                let why = "standard error is read too slowly";
                let _ = writeln!(stderr, "{:>12} {dropped} lines were dropped: {why}", WARNING);
            }
            let _ = writeln!(stderr, "{line}");
        }
    });
    *BACKGROUND.write().unwrap_or_else(PoisonError::into_inner) = Some(lines);
    Background(is_done)
}

/// While it lives, standard error is written in the background.
#[derive(Debug)]
pub struct Background(Receiver<()>);

impl Drop for Background {
    fn drop(&mut self) {
        *BACKGROUND.write().unwrap_or_else(PoisonError::into_inner) = None;
        // What waits is written, but a reader that has stopped is not waited for.
        let _ = self.0.recv_timeout(Duration::from_secs(1));
    }
}

/// How many lines wait for a slow reader of standard error.
const MAX_WAITING_LINES: usize = 1_024;

static BACKGROUND: RwLock<Option<SyncSender<String>>> = RwLock::new(None);
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Escapes foreign text for a line of its own: control characters, line breaks among them, and what is
/// invisible or changes the direction of text.
#[must_use]
pub fn escaped(text: impl Display) -> String {
    printable(&text.to_string())
}

/// Escapes text that may have several lines and foreign parts, such as an error: like [`escaped`], but
/// line breaks stay.
#[must_use]
pub fn escaped_lines(text: impl Display) -> String {
    let lines: Vec<_> = text.to_string().lines().map(printable).collect();
    lines.join("\n")
}

/// Prints the error that ends a command.
pub fn error(what: impl Display) {
    err(format_args!("{}: {}", painted("error", RED), escaped_lines(what)));
}

/// Reports the start of a step: a verb, right-aligned as cargo does it, and its object.
pub fn step(verb: &str, what: impl Display) {
    let verb = format!("{verb:>12}");
    let color = if verb.trim_start() == WARNING { YELLOW } else { GREEN };
    err(format_args!("{} {}", painted(&verb, color), escaped_lines(what)));
}

/// Warns the user of something that does not stop the command.
pub fn warn(what: impl Display) {
    step(WARNING, what);
}

/// Echoes a command line that is about to run, with `--verbose`.
pub fn command(line: &str) {
    if VERBOSE.load(Ordering::Relaxed) {
        step("Running", line);
    }
}

/// Why standard output could not be written, if it could not.
#[must_use]
pub fn output_error() -> Option<io::Error> {
    let mut state = OUTPUT.lock().unwrap_or_else(PoisonError::into_inner);
    match std::mem::replace(&mut *state, Output::Closed) {
        Output::Failed(error) => Some(error),
        open_or_closed => {
            *state = open_or_closed;
            None
        }
    }
}

/// Turns [`command`] on or off.
pub fn set_verbose(verbose: bool) {
    VERBOSE.store(verbose, Ordering::Relaxed);
}

/// When output has colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set or CARGO_TERM_COLOR says otherwise
    #[default]
    Auto,
    /// Also in a pipe or a file
    Always,
    /// Not even on a terminal
    Never,
}

/// Chooses when output has colours.
pub fn set_color(color: Color) {
    COLOR.store(color as u8, Ordering::Relaxed);
}

/// Whether what is written to this stream has colours.
#[must_use]
pub fn has_color(stream: &impl IsTerminal) -> bool {
    let chosen = COLOR.load(Ordering::Relaxed);
    if chosen != Color::Auto as u8 {
        return chosen == Color::Always as u8;
    }
    let variable = |name| std::env::var(name).unwrap_or_default();
    match variable("CARGO_TERM_COLOR").as_str() {
        "always" => true,
        "never" => false,
        _ => variable("NO_COLOR").is_empty() && stream.is_terminal(),
    }
}

const WARNING: &str = "warning";
/// Bold colours, as cargo has them.
const RED: &str = "1;31";
const GREEN: &str = "1;32";
const YELLOW: &str = "1;33";

/// Text in a colour, where standard error has colours.
fn painted(text: &str, color: &str) -> String {
    if has_color(&io::stderr()) {
        format!("\u{1b}[{color}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}

/// The state of standard output.
enum Output {
    Open,
    /// Nobody reads it any more.
    Closed,
    Failed(io::Error),
}

static OUTPUT: Mutex<Output> = Mutex::new(Output::Open);
static VERBOSE: AtomicBool = AtomicBool::new(false);
static COLOR: AtomicU8 = AtomicU8::new(Color::Auto as u8);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_act_on_a_terminal() {
        let foreign = "a\u{1b}[2J\rb\n\u{9b}1m\u{202e}\u{7}\t\u{85}\u{2028}\0";
        let shown = r"a\u{1b}[2J\rb\n\u{9b}1m\u{202e}\u{7}\t\u{85}\u{2028}\0";
        assert_eq!(escaped(foreign), shown);
        assert_eq!(escaped_lines("a:\n  \u{1b}b\n"), "a:\n  \\u{1b}b");
    }

    #[test]
    fn text_that_only_shows_is_not_escaped() {
        for text in [
            r#"{"a": 'C:\new'}"#,
            "caf\u{e9} cafe\u{301}",
            "\u{928}\u{92e}\u{938}\u{94d}\u{924}\u{947}",
            "",
        ] {
            assert_eq!(escaped(text), text);
        }
    }

    #[test]
    fn a_choice_of_colours_beats_the_stream() {
        let file = tempfile::tempfile().unwrap();
        set_color(Color::Always);
        assert!(has_color(&file));
        set_color(Color::Never);
        assert!(!has_color(&file));
        set_color(Color::Auto);
    }
}
