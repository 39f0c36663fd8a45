//! Runs other programs to their end. With `--verbose` every command line is echoed; a failure shows
//! the command, its exit code and its output.
//!
//! Servers are run by `hosts::server_process`.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::thread;

use crate::{cleanup, ui};

/// Why a program failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The program could not be started.
    #[error("cannot start `{program}`: {source}; {}", remedy(source))]
    Start {
        /// The program's name or path.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// The program ran and reported failure.
    #[error("`{}` failed ({status}){output}", brief(command))]
    Failed {
        /// The whole command line; shown in full with `--verbose`, before it runs.
        command: String,
        /// Its exit code or signal.
        status: String,
        /// What it printed, indented; empty when the user has already seen it.
        output: String,
    },
}

/// The cargo that this process was started by, or the one on `PATH`.
#[must_use]
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A command that runs a program on one processor, through `taskset`; on any processor with `None`.
#[must_use]
pub fn pinned(program: &Path, cpu: Option<usize>) -> Command {
    let Some(cpu) = cpu else { return Command::new(program) };
    let mut command = Command::new("taskset");
    command.arg("-c").arg(cpu.to_string()).arg(program);
    command
}

/// The beginning of a command line.
fn brief(command: &str) -> String {
    const MAX_LEN: usize = 100;
    match command.char_indices().nth(MAX_LEN) {
        Some((end, _)) => format!("{} …", &command[..end]),
        None => command.to_owned(),
    }
}

/// What to do about a program that cannot be started.
fn remedy(error: &io::Error) -> &'static str {
    // The number is the same on all systems that have it, and the standard library has no name for it.
    const NOT_A_PROGRAM: Option<i32> = Some(8);
    match error.kind() {
        io::ErrorKind::NotFound => "install it or put it on PATH",
        io::ErrorKind::PermissionDenied => "make it executable, or put another one on PATH",
        _ if cfg!(unix) && error.raw_os_error() == NOT_A_PROGRAM => {
            "it is no program of this system; install it again"
        }
        _ => "look whether it runs by itself",
    }
}

/// The path of a program on `PATH`.
#[must_use]
pub fn on_path(program: &str) -> Option<PathBuf> {
    // Programs of Node are scripts on Windows.
    let endings: &[&str] = if cfg!(windows) { &[".exe", ".cmd"] } else { &[""] };
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|folder| {
            endings.iter().map(move |ending| folder.join(format!("{program}{ending}")))
        })
        .find(|file| file.is_file())
}

/// Runs a program to its end and captures its output.
///
/// # Errors
/// When it cannot be started or reports failure.
pub fn run(command: &mut Command) -> Result<Output, Error> {
    ui::command(&shown(command));
    let output =
        output(command.stdin(Stdio::null())).map_err(|source| start_error(command, source))?;
    if output.status.success() {
        return Ok(output);
    }
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    Err(Error::Failed {
        command: shown(command),
        status: output.status.to_string(),
        output: indented(&text),
    })
}

/// Runs a program to its end and captures its standard output; passes each line of its standard error
/// to `line` while it runs, to show progress.
///
/// # Errors
/// When it cannot be started or reports failure.
pub fn run_watched(command: &mut Command, line: impl FnMut(&str)) -> Result<Vec<u8>, Error> {
    let (status, stdout) = watch(command, line)?;
    if status.success() {
        return Ok(stdout);
    }
    Err(Error::Failed {
        command: shown(command),
        status: status.to_string(),
        output: String::new(),
    })
}

/// Runs a program to its end, whatever it reports. Like [`run_watched`], but gives what it printed on
/// standard output also where it failed.
///
/// # Errors
/// When it cannot be started.
pub(crate) fn watch(
    command: &mut Command,
    mut line: impl FnMut(&str),
) -> Result<(ExitStatus, Vec<u8>), Error> {
    ui::command(&shown(command));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (mut child, ended_on_signal) =
        cleanup::spawn(command).map_err(|source| start_error(command, source))?;
    // Both pipes are drained at once, or a program that fills one of them would block for ever.
    let reader = child.stdout.take().map(|mut stdout| {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            stdout.read_to_end(&mut bytes).map(|_| bytes)
        })
    });
    if let Some(stderr) = child.stderr.take() {
        // A compiler may quote a source that is not UTF-8.
        for text in BufReader::new(stderr).split(b'\n') {
            match text {
                Ok(text) => line(String::from_utf8_lossy(&text).trim_end_matches('\r')),
                Err(_) => break,
            }
        }
    }
    let stdout = match reader.map(thread::JoinHandle::join) {
        Some(Ok(Ok(bytes))) => bytes,
        _ => Vec::new(),
    };
    let status = child.wait().map_err(|source| start_error(command, source))?;
    drop(ended_on_signal);
    cleanup::wait_if_stopped(status);
    Ok((status, stdout))
}

fn output(command: &mut Command) -> io::Result<Output> {
    let (child, ended_on_signal) =
        cleanup::spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let output = child.wait_with_output()?;
    drop(ended_on_signal);
    cleanup::wait_if_stopped(output.status);
    Ok(output)
}

/// Runs a program whose output goes straight to the user.
///
/// # Errors
/// When it cannot be started.
pub fn status(command: &mut Command) -> Result<ExitStatus, Error> {
    let (mut child, ended_on_signal) =
        cleanup::spawn(command).map_err(|source| start_error(command, source))?;
    let status = child.wait().map_err(|source| start_error(command, source))?;
    drop(ended_on_signal);
    cleanup::wait_if_stopped(status);
    Ok(status)
}

/// A command line as one would type it.
#[must_use]
pub fn shown(command: &Command) -> String {
    let mut text = quoted(command.get_program());
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&quoted(argument));
    }
    text
}

/// A word as a shell takes it.
pub(crate) fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy().replace('\u{1f}', " ");
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=+:@%,".contains(c);
    if word.is_empty() || !word.chars().all(is_plain) {
        format!("'{}'", word.replace('\'', r"'\''"))
    } else {
        word
    }
}

fn indented(text: &str) -> String {
    let mut result = String::new();
    for line in text.lines() {
        let _ = write!(result, "\n    {line}");
    }
    result
}

fn start_error(command: &Command, source: io::Error) -> Error {
    Error::Start { program: command.get_program().to_string_lossy().into_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_shows_command_code_and_output() {
        let error = run(cargo().args(["no-such-command-of-cargo", "a b"])).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("no-such-command-of-cargo 'a b'` failed"), "{text}");
        assert!(text.contains("101"), "{text}");
        assert!(text.contains("no such command"), "{text}");
    }

    #[test]
    fn a_long_command_line_is_cut_in_an_error() {
        let mut command = cargo();
        command.arg("no-such-command-of-cargo").args(std::iter::repeat_n("argument", 50));
        let text = run(&mut command).unwrap_err().to_string();
        let first = text.lines().next().unwrap();
        assert!(first.contains(" …` failed (exit ") && first.len() < 160, "{first}");
        assert!(shown(&command).len() > 400);
    }

    #[test]
    fn a_missing_program_is_named() {
        let text = run(&mut Command::new("no-such-program-here")).unwrap_err().to_string();
        assert!(text.starts_with("cannot start `no-such-program-here`"), "{text}");
    }

    #[test]
    fn a_watched_program_gives_lines_and_output() {
        let mut lines = Vec::new();
        let stdout =
            run_watched(cargo().arg("--version"), |line| lines.push(line.to_owned())).unwrap();
        assert!(stdout.starts_with(b"cargo "));
        let failed = run_watched(cargo().arg("no-such-command-of-cargo"), |line| {
            lines.push(line.to_owned());
        });
        assert!(failed.is_err());
        assert!(lines.iter().any(|line| line.contains("no such command")), "{lines:?}");
    }
}
