//! `replay` against guests in WebAssembly's text format: nothing of it depends on Rust guests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use cargo_http_wasm::replay::Guest;
use http_wasm_model::Profile;
use http_wasm_testkit::guest;
use http_wasm_testkit::report::{Counts, Verdict};

/// Sets the request header `x-a` to `1`, logs `hi`, and forwards the request.
static GUEST: LazyLock<String> = LazyLock::new(|| {
    guest::module(
        r#"
  (data (i32.const 0) "x-a1hi")
    (func (export "handle_request") (result i64)
        (call $set_header_value (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 3) (i32.const 1))
        (call $log (i32.const 0) (i32.const 4) (i32.const 2))
        (i64.const 1))"#,
    )
});

const EXCHANGES: &str = r#"
[[exchange]]
name = "passes"
expect.upstream = { headers = { x-a = "1" } }
expect.logs = [{ level = "info", message = "hi" }]

[[exchange]]
name = "fails"
expect.upstream = { headers = { x-a = "2" } }
expect.response = { status = 404 }

[[exchange]]
name = "is for others"
skip.reference = "needs a network"
"#;

struct Files {
    _temp: tempfile::TempDir,
    guest: PathBuf,
    exchanges: PathBuf,
}

fn files(guest: &str, exchanges: &str) -> Files {
    let temp = tempfile::tempdir().expect("a temporary folder");
    let files = Files {
        guest: temp.path().join("guest.wasm"),
        exchanges: temp.path().join("exchanges.toml"),
        _temp: temp,
    };
    std::fs::write(&files.guest, wat::parse_str(guest).expect("text format")).expect("writable");
    std::fs::write(&files.exchanges, exchanges).expect("writable");
    files
}

fn replay(arguments: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cargo-http-wasm"))
        .args(["http-wasm", "replay"])
        .args(arguments)
        .output()
        .expect("the tool runs")
}

#[test]
fn each_exchange_gets_its_verdict() {
    let files = files(&GUEST, EXCHANGES);
    let guest = Guest::load(&files.guest, Profile::Strict).expect("a guest");
    let report = guest.replay(&files.exchanges).expect("readable");
    assert_eq!(report.counts, Counts { passed: 1, failed: 1, skipped: 1, ..Counts::default() });
    assert_eq!(report.guest, "guest");

    let replayed = guest.run(&files.exchanges).expect("readable");
    let [passes, fails, others] = replayed.as_slice() else {
        panic!("three exchanges: {replayed:?}")
    };
    assert!(matches!(passes.verdict, Verdict::Passed));
    let seen = passes.outcome.as_ref().and_then(|outcome| outcome.upstream.as_ref());
    assert_eq!(seen.and_then(|request| request.headers.first("x-a")), Some(b"1".as_slice()));
    let Verdict::Failed { mismatches } = &fails.verdict else { panic!("{fails:?}") };
    assert_eq!(mismatches.len(), 2, "{mismatches:?}");
    assert!(matches!(&others.verdict, Verdict::Skipped { reason } if reason == "needs a network"));
    assert!(others.outcome.is_none());

    let details = report.details().join("\n");
    assert!(details.contains("exchanges.toml:7: fails"), "{details}");
    assert!(details.contains("response.status: wanted 404, found 200"), "{details}");
    assert!(details.contains("needs a network"), "{details}");
}

#[test]
fn the_command_prints_counts_and_fails_with_1() {
    let files = files(&GUEST, EXCHANGES);
    let output = replay(&[&files.guest, &files.exchanges]);
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{stdout}");
    assert!(stdout.contains("1 passed   1 failed   1 skipped"), "{stdout}");

    let output = replay(&[&files.guest, &files.exchanges, "--format".as_ref(), "json".as_ref()]);
    assert_eq!(output.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(json["guests"][0]["counts"]["passed"], 1);
    assert_eq!(json["guests"][0]["exchanges"][1]["verdict"], "failed");
    assert_eq!(json["guests"][0]["exchanges"][1]["mismatches"][1]["what"], "response.status");
    assert_eq!(json["guests"][0]["exchanges"][2]["reason"], "needs a network");
}

#[test]
fn the_command_succeeds_where_all_pass() {
    let files = files(&GUEST, "[[exchange]]\nname = \"a\"\nexpect.response = { status = 200 }\n");
    for profile in ["strict", "go", "express"] {
        let output =
            replay(&[&files.guest, &files.exchanges, "--profile".as_ref(), profile.as_ref()]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    let output = replay(&[&files.guest, &files.exchanges, "--profile".as_ref(), "dapr".as_ref()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("strict, go, express"), "{output:?}");
}

#[test]
fn a_trap_is_a_failure_that_is_named() {
    let trapping = GUEST.replace("(i64.const 1))", "unreachable)");
    let files = files(&trapping, "[[exchange]]\nname = \"a\"\n[[exchange]]\nname = \"b\"\n");
    let report = Guest::load(&files.guest, Profile::Strict)
        .and_then(|guest| guest.replay(&files.exchanges))
        .expect("it runs");
    assert_eq!(report.counts.failed, 2);
    assert!(report.details()[0].contains("trap"), "{:?}", report.details());
}

#[test]
fn an_error_in_the_input_names_its_position() {
    let error_of = |files: &Files, code: i32| {
        let output = replay(&[&files.guest, &files.exchanges]);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let without_export = GUEST.replace("(export \"handle_response\")", "");
    let error = error_of(&files(&without_export, EXCHANGES), 1);
    assert!(
        error.contains("guest.wasm") && error.contains("export handle_response: is missing"),
        "{error}"
    );

    let error = error_of(&files(&GUEST, "[[exchange]]\nname = \"a\"\nexpct = 1\n"), 2);
    assert!(error.contains("exchanges.toml:3:") && error.contains("expct"), "{error}");

    let mut missing = files(&GUEST, EXCHANGES);
    missing.guest.set_file_name("nowhere.wasm");
    let error = error_of(&missing, 2);
    assert!(error.contains("cannot read") && error.contains("nowhere.wasm"), "{error}");
}

#[test]
fn a_guest_is_given_the_environment_and_the_folders_of_its_exchanges() {
    let folder = tempfile::tempdir().unwrap();
    let guest = folder.path().join("guest.wasm");
    // Responds with the number of variables, and 10 for a folder.
    let text = r#"(module
      (import "http_handler" "set_status_code" (func $status (param i32)))
      (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "handle_request") (result i64)
        (drop (call $sizes (i32.const 0) (i32.const 4)))
        (call $status (i32.add (i32.add (i32.const 200) (i32.load (i32.const 0)))
          (i32.mul (i32.const 10) (i32.eqz (call $prestat (i32.const 3) (i32.const 8))))))
        (i64.const 0))
      (func (export "handle_response") (param i32 i32)))"#;
    fs::write(&guest, wat::parse_str(text).unwrap()).unwrap();
    let guest = Guest::load(&guest, Profile::Strict).unwrap();
    let exchanges = folder.path().join("exchanges.toml");
    for (head, status) in [
        ("", 200),
        ("env = { A = \"1\", B = \"2\" }", 202),
        ("dirs = { \"/data\" = \".\" }", 210),
        ("", 200),
    ] {
        let text =
            format!("{head}\n[[exchange]]\nname = \"a\"\nexpect.response.status = {status}\n");
        fs::write(&exchanges, text).unwrap();
        let report = guest.replay(&exchanges).unwrap();
        assert_eq!(report.counts.passed, 1, "{report:?}");
    }
    let missing = "dirs = { \"/data\" = \"none\" }\n[[exchange]]\nname = \"a\"\n";
    fs::write(&exchanges, missing).unwrap();
    let error = guest.replay(&exchanges).unwrap_err().to_string();
    assert!(error.contains("cannot grant") && error.contains("none"), "{error}");
}
