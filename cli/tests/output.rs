//! Closed and full streams: the tool does not panic, and its exit code stays what it should be.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy does not take for tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Logs a message and forwards the request.
const GUEST: &str = r#"(module
  (import "http_handler" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "here I am")
  (func (export "handle_request") (result i64)
    (call $log (i32.const 0) (i32.const 0) (i32.const 9))
    (i64.const 1))
  (func (export "handle_response") (param i32 i32)))"#;

fn tool(folder: &Path, arguments: &[&str]) -> Command {
    std::fs::write(folder.join("guest.wasm"), wat::parse_str(GUEST).unwrap()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-http-wasm"));
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
    // Compiled guests go there.
    command.env("XDG_CACHE_HOME", folder).env("HOME", folder);
    command
}

/// A pipe whose reader is gone.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

fn replay(status: u16, stdout: Stdio) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let exchanges = format!("[[exchange]]\nname = \"a\"\nexpect.response.status = {status}\n");
    std::fs::write(folder.path().join("exchanges.toml"), exchanges).unwrap();
    let mut command = tool(folder.path(), &["replay", "guest.wasm", "exchanges.toml"]);
    command.stdout(stdout).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap()
}

#[test]
fn a_reader_that_left_changes_nothing() {
    for (status, code) in [(200, 0), (404, 1)] {
        let output = replay(status, closed());
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = replay(200, full.into());
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("error: cannot write to standard output: "), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn errors_that_nobody_reads_keep_their_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = tool(folder.path(), &["replay", "missing.wasm", "exchanges.toml"]);
    assert_eq!(command.stderr(closed()).status().unwrap().code(), Some(2));
}

#[test]
fn serve_responds_although_nobody_reads_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = tool(folder.path(), &["serve", "guest.wasm", "--echo"]);
    let mut server = command.stdout(Stdio::piped()).stderr(closed()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let mut stream = TcpStream::connect(line.trim().strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(b"GET /path HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    let id = server.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
    assert_eq!(server.wait().unwrap().code(), Some(0));
}

#[test]
fn the_tools_own_lines_have_colours_where_they_are_wanted() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, variables, has_color) in [
        (&["check", "missing.wasm"][..], &[][..], false),
        (&["check", "missing.wasm", "--color", "always"], &[], true),
        (&["check", "missing.wasm"], &[("CARGO_TERM_COLOR", "always")], true),
        (&["check", "missing.wasm", "--color", "never"], &[("CARGO_TERM_COLOR", "always")], false),
    ] {
        let mut command = tool(folder.path(), arguments);
        command.env_remove("CARGO_TERM_COLOR").envs(variables.iter().copied());
        let text = String::from_utf8(command.output().unwrap().stderr).unwrap();
        let wanted = if has_color { "\u{1b}[1;31merror\u{1b}[0m: " } else { "error: " };
        assert!(text.starts_with(wanted), "{arguments:?} {variables:?}: {text:?}");
    }
}

#[test]
fn serve_responds_although_its_log_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = tool(folder.path(), &["serve", "guest.wasm", "--echo", "--trace"]);
    // A pipe that is open and full after some hundred requests.
    let (reader, writer) = std::io::pipe().unwrap();
    let mut server = command.stdout(Stdio::piped()).stderr(writer).spawn().unwrap();
    drop(command);
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("http://").unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).unwrap();
    let mut responses = BufReader::new(stream.try_clone().unwrap());
    for _ in 0..3_000 {
        (&stream).write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").unwrap();
        let mut length = 0;
        loop {
            let mut line = String::new();
            responses.read_line(&mut line).expect("a response, although nobody reads the log");
            if let Some(found) = line.strip_prefix("content-length: ") {
                length = found.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        responses.read_exact(&mut vec![0; length]).unwrap();
    }
    let id = server.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
    // What is read in the end says that lines are missing.
    let mut said = String::new();
    BufReader::new(reader).read_to_string(&mut said).unwrap();
    assert_eq!(server.wait().unwrap().code(), Some(0));
    assert!(said.contains(" lines were dropped: standard error is read too slowly"), "{said}");
}
