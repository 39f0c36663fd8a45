//! What real hosts grant of WASI: `check` says it in words, and these tests hold the words against the hosts.

use std::time::{Duration, Instant};

use serde_json::json;

use super::driver::HostUnderTest;
use super::{fixture, go, traefik};

/// Logs what it finds, a line for each function. A clock is real when it knows that it is 2025 or later, and
/// fake when it ticks a millisecond with each reading, as wazero's does.
const GUEST: &str = r#"(module
  (import "http_handler" "log" (func $log (param i32 i32 i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "wall clock real;wall clock fake;monotonic clock real;monotonic clock fake;")
  (data (i32.const 80) "no environment;no arguments;arguments;folder;no folder;sleep works;sleep fails;")
  (func $say (param $from i32) (param $len i32) (call $log (i32.const 0) (local.get $from) (local.get $len)))
  (func $now (param $clock i32) (result i64)
    (drop (call $time (local.get $clock) (i64.const 1) (i32.const 512)))
    (i64.load (i32.const 512)))
  (func (export "handle_request") (result i64) (local $i i32) (local $then i64)
    (if (i64.gt_u (call $now (i32.const 0)) (i64.const 1735689600000000000))
      (then (call $say (i32.const 0) (i32.const 15)))
      (else (call $say (i32.const 16) (i32.const 15))))
    (local.set $then (call $now (i32.const 1)))
    (if (i64.eq (i64.sub (call $now (i32.const 1)) (local.get $then)) (i64.const 1000000))
      (then (call $say (i32.const 53) (i32.const 20)))
      (else (call $say (i32.const 32) (i32.const 20))))
    (drop (call $environ_sizes (i32.const 520) (i32.const 524)))
    (if (i32.load (i32.const 520))
      (then
        (drop (call $environ (i32.const 1000) (i32.const 2000)))
        (call $say (i32.load (i32.const 1000)) (i32.sub (i32.load (i32.const 524)) (i32.const 1))))
      (else (call $say (i32.const 80) (i32.const 14))))
    (drop (call $args_sizes (i32.const 528) (i32.const 532)))
    (if (i32.load (i32.const 528))
      (then (call $say (i32.const 108) (i32.const 9)))
      (else (call $say (i32.const 95) (i32.const 12))))
    (if (i32.eqz (call $prestat (i32.const 3) (i32.const 540)))
      (then (call $say (i32.const 118) (i32.const 6)))
      (else (call $say (i32.const 125) (i32.const 9))))
    (i32.store (i32.const 916) (i32.const 1))
    (i64.store (i32.const 924) (i64.const 10000000000))
    (if (i32.eqz (call $poll (i32.const 900) (i32.const 960) (i32.const 1) (i32.const 952)))
      (then (call $say (i32.const 135) (i32.const 11)))
      (else (call $say (i32.const 147) (i32.const 11))))
    (drop (call $random (i32.const 600) (i32.const 8)))
    (loop $letters
      (i32.store8 offset=600 (local.get $i)
        (i32.add (i32.const 97) (i32.and (i32.load8_u offset=600 (local.get $i)) (i32.const 15))))
      (br_if $letters (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8))))
    (call $say (i32.const 600) (i32.const 8))
    (i64.const 1))
  (func (export "handle_response") (param i32 i32)))"#;

/// What the guest logs on a host, with the first random letters last.
fn found(host: &dyn HostUnderTest) -> String {
    let folder = tempfile::tempdir().unwrap();
    let exchanges = "[[exchange]]\nname = \"x\"\nexpect.logs = []";
    let begin = Instant::now();
    let reports = fixture::replay(host, folder.path(), GUEST, exchanges).unwrap();
    assert!(begin.elapsed() < Duration::from_secs(10), "a sleep of ten seconds ends at once");
    let mismatches = fixture::mismatches(&reports[0].exchanges[0].verdict);
    mismatches[0].strip_prefix("logs: wanted none, found ").unwrap().replace("info ", "")
}

#[test]
fn traefik_grants_what_its_settings_name_and_a_real_wall_clock() {
    let data = tempfile::tempdir().unwrap();
    let mount = format!("{}:/data:ro", data.path().display());
    let settings = json!({ "envs": ["CARGO_PKG_NAME"], "mounts": [mount] });
    let traefik = traefik::with_settings(&fixture::tools(), settings);
    let first = found(&traefik);
    let wanted = r#"["wall clock real", "monotonic clock fake", "CARGO_PKG_NAME=cargo-http-wasm", "no arguments", "folder", "sleep works", ""#;
    assert!(first.starts_with(wanted), "{first}");
    assert_eq!(found(&traefik), first, "the same random numbers in each process");
    let plain = found(&traefik::with_settings(&fixture::tools(), json!({})));
    assert!(plain.contains(r#""no environment", "no arguments", "no folder""#), "{plain}");
}

#[test]
fn the_go_host_grants_nothing_real() {
    let go = (go::HOST.install)(&fixture::tools()).unwrap();
    let first = found(&*go);
    let wanted = r#"["wall clock fake", "monotonic clock fake", "no environment", "no arguments", "no folder", "sleep works", ""#;
    assert!(first.starts_with(wanted), "{first}");
    assert_eq!(found(&*go), first, "the same random numbers in each process");
}
