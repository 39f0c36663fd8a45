//! Runs other programs to their end. With `--verbose` every command line is echoed; a failure shows
//! the command, its exit code and its output.
//!
//! Servers are run by `hosts::server_process`.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use crate::ui;

/// Why a program failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The program could not be started.
    #[error("cannot start `{program}`: {source}; install it or put it on PATH")]
    Start {
        /// The program's name or path.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// The program ran and reported failure.
    #[error("`{command}` failed ({status}){output}")]
    Failed {
        /// The whole command line.
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

/// The path of a program on `PATH`.
#[must_use]
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path).map(|folder| folder.join(&name)).find(|file| file.is_file())
}

/// Runs a program to its end and captures its output.
///
/// # Errors
/// When it cannot be started or reports failure.
pub fn run(command: &mut Command) -> Result<Output, Error> {
    ui::command(&shown(command));
    let output =
        command.stdin(Stdio::null()).output().map_err(|source| start_error(command, source))?;
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
pub fn run_watched(command: &mut Command, mut line: impl FnMut(&str)) -> Result<Vec<u8>, Error> {
    ui::command(&shown(command));
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| start_error(command, source))?;
    // Both pipes are drained at once, or a program that fills one of them would block for ever.
    let reader = child.stdout.take().map(|mut stdout| {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            stdout.read_to_end(&mut bytes).map(|_| bytes)
        })
    });
    if let Some(stderr) = child.stderr.take() {
        for text in BufReader::new(stderr).lines() {
            match text {
                Ok(text) => line(&text),
                Err(_) => break,
            }
        }
    }
    let stdout = match reader.map(thread::JoinHandle::join) {
        Some(Ok(Ok(bytes))) => bytes,
        _ => Vec::new(),
    };
    let status = child.wait().map_err(|source| start_error(command, source))?;
    if status.success() {
        return Ok(stdout);
    }
    Err(Error::Failed {
        command: shown(command),
        status: status.to_string(),
        output: String::new(),
    })
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

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy().replace('\u{1f}', " ");
    if word.is_empty() || word.contains(|c: char| c.is_whitespace() || "'\"$`\\*?".contains(c)) {
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
