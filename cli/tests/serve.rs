//! The `serve` command as a user runs it: the address on standard output, the guests' logs on
//! standard error, and a clean end.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy does not take for tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Logs its configuration and forwards the request; traps when the configuration begins with `!`.
const GUEST: &str = r#"
  (func (export "handle_request") (result i64)
    (call $log (i32.const 1) (i32.const 0) (call $get_config (i32.const 0) (i32.const 99)))
    (if (i32.eq (i32.load8_u (i32.const 0)) (i32.const 33)) (then unreachable))
    (i64.const 1))"#;

fn serve(folder: &Path, arguments: &[&str]) -> Command {
    for name in ["one.wasm", "two.wasm"] {
        std::fs::write(
            folder.join(name),
            wat::parse_str(http_wasm_testkit::guest::module(GUEST)).unwrap(),
        )
        .unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-http-wasm"));
    command.current_dir(folder).args(["serve", "one.wasm", "two.wasm"]).args(arguments);
    // Compiled guests go there.
    command.env("XDG_CACHE_HOME", folder).env("HOME", folder);
    command.stdin(Stdio::null());
    command
}

/// Starts the server, sends a request, stops it with this signal; returns the response and the output.
fn ask(folder: &Path, arguments: &[&str], signal: &str) -> (String, Output) {
    send(
        serve(folder, arguments),
        "GET /path HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n",
        signal,
    )
}

/// Starts a server, sends this request, and stops it; returns like [`ask`].
fn send(mut command: Command, request: &str, signal: &str) -> (String, Output) {
    let mut server = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(server.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("http://").expect("an address").replace("[::]", "[::1]");
    let address = address.as_str();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let id = server.id().to_string();
    assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
    let output = server.wait_with_output().unwrap();
    assert!(TcpStream::connect(address).is_err(), "it still listens");
    (answer, output)
}

#[test]
fn guests_serve_and_log_until_they_are_stopped() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config"), "from a file").unwrap();
    let arguments = ["--echo", "--config", "first", "--config", "@config"];
    for signal in ["TERM", "INT"] {
        let (answer, output) = ask(folder.path(), &arguments, signal);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("GET /path HTTP/1.1\nhost: h\n"), "{answer}");
        assert_eq!(output.status.code(), Some(0));
        let said = String::from_utf8(output.stderr).unwrap();
        let logs: Vec<_> = said.lines().map(str::trim).take(2).collect();
        assert_eq!(logs, ["warn one: first", "warn two: from a file"]);
    }
}

#[test]
fn what_guests_say_stays_in_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let config = "a\u{1b}[2J\n   fault two: forged\r\u{202e}b";
    let (_, output) = ask(folder.path(), &["--echo", "--config", config], "TERM");
    let said = String::from_utf8(output.stderr).unwrap();
    let logs: Vec<_> = said.lines().map(str::trim).take(2).collect();
    let shown = r"a\u{1b}[2J\n   fault two: forged\r\u{202e}b";
    assert_eq!(logs, [format!("warn one: {shown}"), format!("warn two: {shown}")]);
}

#[test]
fn a_trap_is_logged_and_hidden_from_the_client() {
    let folder = tempfile::tempdir().unwrap();
    let (answer, output) = ask(folder.path(), &["--echo", "--config", "!"], "TERM");
    assert!(answer.starts_with("HTTP/1.1 500 Internal Server Error\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\ninternal server error"), "{answer}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("fault one: ") && said.contains("unreachable"), "{said}");
}

#[test]
fn wrong_arguments_are_errors_before_the_server_listens() {
    let folder = tempfile::tempdir().unwrap();
    let three = ["--echo", "--config", "1", "--config", "2", "--config", "3"];
    for (arguments, wanted) in [
        (&[][..], "--upstream"),
        (&[], "--echo"),
        (&["--upstream", "ftp://h"], "wanted http://HOST"),
        (
            &["--upstream", "https://h", "--upstream-ca", "missing"],
            "cannot read certificates of missing",
        ),
        (&["--echo", "--listen", "8080"], "wanted HOST:PORT"),
        (&["--echo", "--listen", "h:http"], "wanted HOST:PORT"),
        (&["--echo", "--log-level", "all"], "wanted one of debug, info"),
        (&["--echo", "--body-timeout", "0"], "wanted a number of seconds"),
        (&["--echo", "--max-instances", "0"], "0 is not in 1.."),
        (&["--echo", "--config", "@missing"], "cannot read missing"),
        (&three, "found --config 3 times for 2 guests"),
        (&["--echo", "--listen", "192.0.2.1:0"], "cannot listen on 192.0.2.1:0"),
        (&["--echo", "--profile", "other"], "found profile \"other\""),
    ] {
        let output = serve(folder.path(), arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(wanted), "{said}");
    }
}

#[test]
fn it_listens_on_names_and_on_every_address() {
    let folder = tempfile::tempdir().unwrap();
    for listen in ["localhost:0", ":0", "[::1]:0"] {
        let (answer, output) = ask(folder.path(), &["--echo", "--listen", listen], "TERM");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{listen}: {answer}");
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
fn a_limit_that_refuses_a_request_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let headers = "x: y\r\n".repeat(20);
    for option in ["--max-headers", "--max-header-size"] {
        let request = match option {
            "--max-headers" => format!("GET / HTTP/1.1\r\nhost: h\r\n{headers}\r\n"),
            _ => format!("GET / HTTP/1.1\r\nhost: h\r\nx: {}\r\n\r\n", "y".repeat(200_000)),
        };
        let command = serve(folder.path(), &["--echo", option, "10"]);
        let (answer, output) = send(command, &request, "TERM");
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("10 ") && said.contains(option), "{said}");
    }
}

#[test]
fn messages_below_the_level_are_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    for (level, is_shown) in [("warn", true), ("error", false), ("none", false)] {
        let (_, output) =
            ask(folder.path(), &["--echo", "--config", "said", "--log-level", level], "TERM");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.contains("one: said"), is_shown, "{said}");
    }
}

#[test]
fn a_guests_file_needs_no_ending() {
    let folder = tempfile::tempdir().unwrap();
    drop(serve(folder.path(), &[]));
    std::fs::rename(folder.path().join("one.wasm"), folder.path().join("guest")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-http-wasm"));
    command.current_dir(folder.path()).args(["serve", "./guest", "--echo", "--config", "said"]);
    command.arg("--no-cache");
    let request = "GET /path HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";
    let (answer, output) = send(command, request, "TERM");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("guest: said"));
}

/// How many compiled guests are in a cache.
fn compiled(cache: &Path) -> usize {
    let Ok(versions) = std::fs::read_dir(cache.join("modules")) else { return 0 };
    versions
        .flat_map(|version| std::fs::read_dir(version.unwrap().path()).unwrap())
        .filter(|entry| entry.as_ref().unwrap().path().extension().is_none())
        .count()
}

#[test]
fn compilation_is_shown_and_its_result_kept() {
    let folder = tempfile::tempdir().unwrap();
    let many = format!("{}{GUEST}", "(func)".repeat(20_000));
    let module = wat::parse_str(http_wasm_testkit::guest::module(&many)).unwrap();
    let cache = folder.path().join("cargo-http-wasm/guests");
    let run = |options: &[&str]| {
        let mut command = serve(folder.path(), &[]);
        std::fs::write(folder.path().join("one.wasm"), &module).unwrap();
        command.arg("--echo").args(options);
        let (answer, output) = send(command, "GET / HTTP/1.0\r\n\r\n", "TERM");
        assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer}");
        String::from_utf8(output.stderr).unwrap()
    };
    let said = run(&["--no-cache"]);
    assert!(
        said.contains("   Compiling one.wasm (") && said.contains("Compiled one.wasm in "),
        "{said}"
    );
    assert!(!said.contains("two.wasm"), "{said}");
    assert_eq!(compiled(&cache), 0);
    // Of all guests, also those that are compiled in no time.
    run(&[]);
    assert_eq!(compiled(&cache), 2);
    let said = run(&[]);
    assert!(!said.contains("Compil"), "{said}");
    assert_eq!(compiled(&cache), 2);
    run(&["--cache", "mine"]);
    assert_eq!(compiled(&folder.path().join("mine")), 2);
}

#[test]
fn a_guest_that_takes_too_long_to_compile_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (option, value, wanted) in [
        ("--max-module-size", "0", "wanted at most 0"),
        ("--max-functions", "0", "functions, wanted at most 0"),
        ("--max-function-size", "0", "a function of the module has"),
    ] {
        let output = serve(folder.path(), &["--echo", option, value]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(wanted), "{said}");
    }
}
