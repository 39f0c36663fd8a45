//! The `interop` command as a user runs it: its output, its exit code, and that no server is left
//! running however it ends.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy does not take for tests")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Logs a message and forwards the request; loops for ever on one with a query.
const GUEST: &str = r#"
  (data (i32.const 200) "here I am")
  (func (export "handle_request") (result i64)
    (call $log (i32.const 0) (i32.const 200) (i32.const 9))
    (loop $again (br_if $again (i32.gt_u (call $get_uri (i32.const 0) (i32.const 99)) (i32.const 1))))
    (i64.const 1))"#;

const EXCHANGES: &str = r#"
[[exchange]]
name = "passes"
expect = { upstream = true, response = { status = 200 } }

[[exchange]]
name = "fails"
expect = { response = { status = 404 } }

[[exchange]]
name = "left out"
skip = { traefik = "because" }
"#;

const HANGS: &str = "[[exchange]]\nname = \"hangs\"\nrequest = { uri = \"/?for=ever\" }\n";

fn interop(folder: &Path, exchanges: &str) -> Command {
    let (guest, file) = (folder.join("hand.wasm"), folder.join("exchanges.toml"));
    fs::write(&guest, wat::parse_str(http_wasm_testkit::guest::module(GUEST)).unwrap()).unwrap();
    fs::write(&file, exchanges).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-http-wasm"));
    command.args(["interop", "traefik", "--manifest-path"]);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    command.arg("--guest").arg(guest).arg("--exchanges").arg(file);
    command
}

#[test]
fn results_are_printed_and_a_failure_shows_in_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let output = interop(folder.path(), EXCHANGES).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.starts_with("hand    1 passed   1 failed   1 skipped\n"), "{text}");
    let failed = "exchanges.toml:6: fails\n    response.status: wanted 404, found 200\n";
    assert!(text.contains(failed), "{text}");
    assert!(text.contains("exchanges.toml:10: left out\n    because\n"), "{text}");

    let output = interop(folder.path(), EXCHANGES).args(["--format", "json"]).output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let exchanges = &json["guests"][0]["exchanges"];
    assert_eq!(
        exchanges[0],
        serde_json::json!({ "name": "passes", "line": 2, "verdict": "passed" })
    );
    assert_eq!(json["guests"][0]["counts"]["failed"], 1);
    assert_eq!(
        exchanges[1]["mismatches"][0],
        serde_json::json!({ "what": "response.status", "wanted": "404", "found": "200" })
    );
    assert_eq!(
        exchanges[2],
        serde_json::json!({ "name": "left out", "line": 10, "verdict": "skipped", "reason": "because" })
    );
}

#[test]
fn a_run_without_exchanges_fails() {
    let folder = tempfile::tempdir().unwrap();
    let exchanges = "[[exchange]]\nname = \"x\"\nskip = { traefik = \"because\" }\n";
    let output = interop(folder.path(), exchanges).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("no exchange was run"), "{text}");
    assert!(!text.contains("Starting"), "{text}");
}

/// The tool during an exchange that does not end, the address of its Traefik, and its folder.
fn hanging(folder: &Path) -> (Child, SocketAddr, PathBuf) {
    let mut command = interop(folder, HANGS);
    let mut tool = command.arg("--keep").stderr(Stdio::piped()).spawn().unwrap();
    let stderr = BufReader::new(tool.stderr.take().unwrap());
    let mut lines = stderr.lines().map(Result::unwrap);
    let home = lines.find_map(|line| line.trim().strip_prefix("Keeping ").map(PathBuf::from));
    let home = home.unwrap();
    // Drained, so that the pipe does not fill up.
    std::thread::spawn(move || lines.for_each(drop));
    let log = home.join("traefik.log");
    assert!(soon(|| fs::read_to_string(&log).is_ok_and(|text| text.contains("here I am"))));
    let config = fs::read(home.join("traefik.yml")).unwrap();
    let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
    let address = config["entryPoints"]["entry0"]["address"].as_str().unwrap();
    (tool, address.parse().unwrap(), home)
}

fn soon(mut condition: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(60);
    while !condition() {
        if Instant::now() > end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

fn end_with(signal: &str) -> Option<i32> {
    let folder = tempfile::tempdir().unwrap();
    let (mut tool, address, home) = hanging(folder.path());
    assert!(TcpStream::connect(address).is_ok(), "Traefik is there");
    let kill = Command::new("kill").args(["-s", signal, &tool.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let status = tool.wait().unwrap();
    if signal == "KILL" {
        assert!(soon(|| TcpStream::connect(address).is_err()), "the watchdog has to see it first");
    } else {
        assert!(TcpStream::connect(address).is_err(), "Traefik is still there");
    }
    fs::remove_dir_all(home).unwrap();
    status.code()
}

#[test]
fn ctrl_c_stops_the_host() {
    assert_eq!(end_with("INT"), Some(2));
}

#[test]
fn termination_stops_the_host() {
    assert_eq!(end_with("TERM"), Some(2));
}

#[test]
fn being_killed_stops_the_host() {
    assert_eq!(end_with("KILL"), None);
}
