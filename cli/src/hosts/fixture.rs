//! A hand-written guest and its exchanges, which the tests of all hosts run.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use http_wasm_testkit::report::{GuestReport, Verdict};
use http_wasm_testkit::{guest, recorded};

use super::driver::HostUnderTest;
use super::error::Error;
use super::replay::{self, GuestUnderTest};
use crate::project::Project;

/// Logs its config and which hook it is in, marks the request and the response, and traps in the
/// request hook when there is a header `x-trap` and in the response hook when its value is longer
/// than three bytes.
pub(super) static GUEST: LazyLock<String> = LazyLock::new(|| {
    guest::module(
        r#"
  (data (i32.const 0) "x-guest")
  (data (i32.const 16) "yes")
  (data (i32.const 32) "x-trap")
  (data (i32.const 48) "in response")
  (func (export "handle_request") (result i64) (local $trap i32)
    (call $log (i32.const -1) (i32.const 1024) (call $get_config (i32.const 1024) (i32.const 1000)))
    (call $add_header_value (i32.const 0) (i32.const 0) (i32.const 7) (i32.const 16) (i32.const 3))
    (call $add_header_value (i32.const 1) (i32.const 0) (i32.const 7) (i32.const 16) (i32.const 3))
    (local.set $trap (i32.wrap_i64 (call $get_header_values
      (i32.const 0) (i32.const 32) (i32.const 6) (i32.const 2048) (i32.const 100))))
    (if (i32.eq (local.get $trap) (i32.const 4)) (then (unreachable)))
    (i64.or (i64.const 1) (i64.shl (i64.extend_i32_u (local.get $trap)) (i64.const 32))))
  (func (export "handle_response") (param $context i32) (param $is_error i32)
    (call $log (i32.const 1) (i32.const 48) (i32.const 11))
    (if (local.get $context) (then (unreachable))))"#,
    )
});

/// Exchanges that pass with this guest on every host that passes on whole messages and unchanged
/// configurations.
pub(super) const PASSING: &str = r#"
[[exchange]]
name = "as it is"
[exchange.request]
method = "POST"
uri = "/a//b/../c/%2f%61?x=%20y;z&&"
headers = { host = "example.test", x-forwarded-for = "192.0.2.1" }
body = { repeat = "abc", times = 10000 }
chunked = true
trailers = { x-sum = "1" }
[exchange.upstream]
status = 201
headers = { set-cookie = ["a=1", "b=2"] }
body = { repeat = "xyz", times = 10000 }
trailers = { x-end = "2" }
[exchange.expect.upstream]
method = "POST"
uri = "/a//b/../c/%2f%61?x=%20y;z&&"
headers = { host = "example.test", x-forwarded-for = "192.0.2.1", x-guest = "yes", accept-encoding = false, user-agent = false }
body = { repeat = "abc", times = 10000 }
trailers = { x-sum = "1" }
[exchange.expect]
response = { status = 201, headers = { set-cookie = ["a=1", "b=2"], x-guest = "yes" }, body = { repeat = "xyz", times = 10000 }, trailers = { x-end = "2" } }
logs = [{ level = "debug", message = "" }, { level = "warn", message = "in response" }]

[[exchange]]
name = "config"
config = "any text: [1, true]"
[exchange.expect]
logs = [{ level = "debug", message = "any text: [1, true]" }, { level = "warn", message = "in response" }]
"#;

/// Targets that no URI may have.
pub(super) const ODD_TARGETS: &str = r#"
[[exchange]]
name = "a quote in the query"
request = { uri = '/a?q={"k":"v"}' }
expect.upstream = { uri = '/a?q={"k":"v"}' }

[[exchange]]
name = "what a firewall is tested with"
request = { uri = "/?q=<script>" }
expect.upstream = { uri = "/?q=<script>" }
"#;

/// A guest that logs its environment, and the exchange that says which it has.
pub(super) const WITH_ENVIRONMENT: [&str; 2] = [
    r#"(module
      (import "http_handler" "log" (func $log (param i32 i32 i32)))
      (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_get" (func $get (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "handle_request") (result i64)
        (drop (call $sizes (i32.const 0) (i32.const 4)))
        (drop (call $get (i32.const 64) (i32.const 512)))
        (call $log (i32.const 0) (i32.const 512) (i32.sub (i32.load (i32.const 4)) (i32.const 1)))
        (i64.const 1))
      (func (export "handle_response") (param i32 i32)))"#,
    r#"
env = { HTTP_WASM_TEST_SECRET = "s 3=4" }
dirs = { "/data" = "." }
[[exchange]]
name = "the environment"
expect.logs = [{ level = "info", message = "HTTP_WASM_TEST_SECRET=s 3=4" }]
"#,
];

/// What a failed exchange shows to a person.
pub(super) fn mismatches(verdict: &Verdict) -> Vec<String> {
    let Verdict::Failed { mismatches } = verdict else { panic!("{verdict:?}") };
    mismatches.iter().map(ToString::to_string).collect()
}

/// The folder that this repository installs its tools in.
pub(super) fn tools() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    Project::locate(Some(&manifest)).unwrap().target_dir.join("tools")
}

/// Replays exchanges on a host; the host's own folder is `host` in this one.
pub(super) fn replay(
    host: &dyn HostUnderTest,
    folder: &Path,
    guest: &str,
    exchanges: &str,
) -> Result<Vec<GuestReport>, Error> {
    let wasm = folder.join("guest.wasm");
    fs::write(&wasm, wat::parse_str(guest).unwrap()).unwrap();
    let exchanges = recorded::parse(exchanges, Path::new("exchanges.toml")).unwrap();
    let guest = GuestUnderTest { name: "hand".to_owned(), wasm, exchanges };
    let home = folder.join("host");
    fs::create_dir(&home).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(replay::replay(host, &[guest], &home))
}
