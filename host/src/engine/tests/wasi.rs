//! WASI, without grants and with some.

use http_wasm_abi::wasi;
use http_wasm_model::exchange::{InstanceSettings, TestSettings};

use super::*;

#[test]
fn wasi_is_there_and_grants_nothing() {
    // Writes "out" to stdout without an end of line, "err\nmore\n" to stderr, then opens a file.
    let text = guest_with(
        r#"(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
           (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
           (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ (param i32 i32) (result i32)))
           (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
           (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
           (data (i32.const 0) "\40\00\00\00\03\00\00\00")
           (data (i32.const 8) "\43\00\00\00\04\00\00\00\47\00\00\00\05\00\00\00")
           (data (i32.const 64) "outerr\nmore\n")"#,
        "(drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
         (drop (call $write (i32.const 2) (i32.const 8) (i32.const 2) (i32.const 36)))
         (if (i32.ne (i32.load (i32.const 32)) (i32.const 3)) (then unreachable))
         (if (i32.ne (i32.load (i32.const 36)) (i32.const 9)) (then unreachable))
         (if (call $environ (i32.const 32) (i32.const 36)) (then unreachable))
         (if (i32.load (i32.const 32)) (then unreachable))
         (if (call $clock (i32.const 0) (i64.const 0) (i32.const 40)) (then unreachable))
         (if (i64.eqz (i64.load (i32.const 40))) (then unreachable))
         (if (call $random (i32.const 128) (i32.const 32)) (then unreachable))
         (if (i64.eqz (i64.or (i64.load (i32.const 128)) (i64.load (i32.const 136)))) (then unreachable))
         (if (i32.ne (call $random (i32.const 65535) (i32.const 2)) (i32.const 21)) (then unreachable))
         (call $set_status_code (i32.add (i32.const 200) (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 0))))
         (i64.const 0)",
        "",
    );
    let pool = Pool::new(load(&text), Settings::default()).expect("the guest starts");
    let outcome = run(&pool);
    assert_eq!(outcome.trap, None);
    let logs: Vec<_> = outcome.logs.iter().map(|log| (log.level, log.message.as_str())).collect();
    assert_eq!(
        logs,
        [(LogLevel::Error, "err"), (LogLevel::Error, "more"), (LogLevel::Info, "out")]
    );
    let response = outcome.response.expect("the client gets a response");
    assert_eq!(response.status, 208, "the file cannot be opened: 8 is EBADF");
}

/// The error number of a call, which gets these arguments, and with the response's body what it has
/// written from 64 on.
fn call(name: &str, args: &[i64]) -> (u16, Vec<u8>) {
    let (_, signature) = wasi::function(name).expect("a function of WASI");
    let types: Vec<_> = signature.params.iter().map(ToString::to_string).collect();
    let args: Vec<_> =
        signature.params.iter().zip(args).map(|(ty, arg)| format!("({ty}.const {arg})")).collect();
    let text = guest_with(
        &format!(
            r#"(import "{WASI_MODULE}" "{name}" (func $f (param {}) (result i32)))
               (global $n (mut i32) (i32.const 0))"#,
            types.join(" ")
        ),
        // A list of 1,000 buffers of 60,000 bytes each, from 5,000 on.
        &format!(
            "(loop $list
               (i64.store (i32.add (i32.const 5000) (i32.mul (global.get $n) (i32.const 8)))
                 (i64.const 0xea6000000000))
               (global.set $n (i32.add (global.get $n) (i32.const 1)))
               (br_if $list (i32.lt_u (global.get $n) (i32.const 1000))))
             (call $set_status_code (i32.add (i32.const 200) (call $f {})))
             (call $write_body (i32.const 1) (i32.const 64) (i32.const 64))
             (i64.const 0)",
            args.join(" ")
        ),
        "",
    );
    let pool = Pool::new(load(&text), Settings::default()).expect("the guest starts");
    let response = run(&pool).response.expect("a response");
    (response.status - 200, response.body)
}

#[test]
fn standard_streams_are_devices_that_nobody_can_seek_in() {
    let (success, character_device, no_seek, bad) = (0, 2, 70, 8);
    for fd in 0..3 {
        let (error, stat) = call("fd_fdstat_get", &[fd, 64]);
        assert_eq!((error, stat[0]), (success, character_device));
        let (error, stat) = call("fd_filestat_get", &[fd, 64]);
        assert_eq!((error, stat[16], &stat[32..40]), (success, character_device, &[0; 8][..]));
        assert_eq!(call("fd_seek", &[fd, 0, 1, 64]).0, no_seek);
        assert_eq!(call("fd_pwrite", &[fd, 5000, 1, 0, 64]).0, no_seek);
        // What runtimes do with them at the start and the end.
        for done in ["fd_fdstat_set_flags", "fd_sync", "fd_datasync", "fd_close", "fd_advise"] {
            assert_eq!(call(done, &[fd, 0, 0, 0]).0, success, "{done}");
        }
        assert_eq!(call("fd_prestat_get", &[fd, 64]).0, bad);
    }
    for fd in [3, 7, -1] {
        for name in
            ["fd_fdstat_get", "fd_filestat_get", "fd_close", "fd_sync", "fd_fdstat_set_flags"]
        {
            assert_eq!(call(name, &[fd, 64]).0, bad, "{name} {fd}");
        }
    }
}

#[test]
fn a_megabyte_is_written_at_once_and_no_more() {
    let (error, written) = call("fd_write", &[1, 5000, 1000, 64]);
    assert_eq!(
        (error, u32::from_le_bytes([written[0], written[1], written[2], written[3]])),
        (0, 1 << 20)
    );
    // A list that is not all memory is an error before that, or nothing more is asked for.
    assert_eq!(call("fd_write", &[1, 65_530, 1, 64]).0, 21);
    assert_eq!(call("fd_write", &[1, 5000, 1, 65_533]).0, 21);
}

#[test]
fn clocks_of_a_process_are_not_there() {
    for (clock, error) in [(0, 0), (1, 0), (2, 28), (3, 28), (-1, 28)] {
        assert_eq!(call("clock_time_get", &[clock, 0, 64]).0, error);
        assert_eq!(call("clock_res_get", &[clock, 64]).0, error);
    }
}

#[test]
fn every_function_of_wasi_can_be_linked_and_called() {
    let mut imports = String::new();
    let mut calls = String::new();
    for (name, signature) in wasi::FUNCTIONS {
        let types: Vec<_> = signature.params.iter().map(ToString::to_string).collect();
        let exits = name == wasi::EXIT;
        let result = if exits { "" } else { "(result i32)" };
        let types = types.join(" ");
        imports += &format!(
            "(import \"{WASI_MODULE}\" \"{name}\" (func ${name} (param {types}) {result}))\n"
        );
        if !exits {
            let args: Vec<_> =
                signature.params.iter().map(|param| format!("({param}.const 16)")).collect();
            calls += &format!("(drop (call ${name} {}))\n", args.join(" "));
        }
    }
    let exit = format!("{calls} (call ${} (i32.const 7)) (i64.const 1)", wasi::EXIT);
    let text = guest_with(&imports, &exit, "");
    let pool = Pool::new(load(&text), Settings::default()).expect("the guest starts");
    let trap = run(&pool).trap.expect("proc_exit traps");
    assert_eq!(trap.message(), "the guest ended itself with proc_exit(7)");
}

/// Opens `path` below the first granted folder, and logs what it reads there; the status is 200 and
/// the error number.
fn opener(path: &str, flags: u32, rights: u64) -> String {
    guest_with(
        &format!(
            r#"(import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
           (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
           (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
           (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
           (data (i32.const 0) "\00\02\00\00\40\00\00\00")
           (data (i32.const 100) "{path}")"#
        ),
        &format!(
            "(local $error i32)
             (local.set $error (call $open (i32.const 3) (i32.const 1) (i32.const 100)
                (i32.const {}) (i32.const {flags}) (i64.const {rights}) (i64.const 0) (i32.const 0)
                (i32.const 16)))
             (if (i32.eqz (local.get $error)) (then
                (if (call $seek (i32.load (i32.const 16)) (i64.const 1) (i32.const 0) (i32.const 24))
                    (then unreachable))
                (if (call $read (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 20))
                    (then unreachable))
                (call $log (i32.const 0) (i32.const 512) (i32.load (i32.const 20)))
                (if (call $close (i32.load (i32.const 16))) (then unreachable))
                (if (i32.ne (call $close (i32.load (i32.const 16))) (i32.const 8))
                    (then unreachable))))
             (call $set_status_code (i32.add (i32.const 200) (local.get $error)))
             (i64.const 0)",
            path.len()
        ),
        "",
    )
}

fn with_folder(folder: &std::path::Path) -> Options {
    let granted = Folder { guest: "/data".to_owned(), host: folder.to_owned() };
    Options { grants: Grants { folders: vec![granted], ..Grants::default() }, ..Options::default() }
}

#[test]
fn a_granted_folder_can_be_read_and_nothing_else() {
    let outer = tempfile::tempdir().expect("a folder");
    let folder = outer.path().join("granted");
    std::fs::create_dir_all(folder.join("below")).expect("a folder");
    std::fs::write(outer.path().join("secret"), "secret").expect("a file");
    std::fs::write(folder.join("below/file"), "text").expect("a file");
    #[cfg(unix)]
    std::os::unix::fs::symlink("../secret", folder.join("link")).expect("a link");
    for (path, flags, rights, errno) in [
        ("below/file", 0, 2, 0),
        ("/below/../below/file", 0, 2, 0),
        ("none", 0, 2, 44),
        ("../secret", 0, 2, 63),
        ("below/../../secret", 0, 2, 63),
        #[cfg(unix)]
        ("link", 0, 2, 63),
        ("new", 1, 2, 69),
        ("below/file", 8, 2, 69),
        ("below/file", 0, 64, 69),
        ("below/file", 2, 2, 54),
    ] {
        let module =
            load_with(&opener(path, flags, rights), with_folder(&folder)).expect("it loads");
        let pool = Pool::new(module, Settings::default()).expect("the guest starts");
        for _ in 0..2 {
            let outcome = run(&pool);
            assert_eq!(outcome.trap, None, "{path}");
            let status = outcome.response.expect("a response").status;
            assert_eq!(u32::from(status), 200 + errno, "{path} {flags} {rights}");
            let logs: Vec<_> = outcome.logs.iter().map(|log| log.message.as_str()).collect();
            let wanted: &[&str] = if errno == 0 { &["ext"] } else { &[] };
            assert_eq!(logs, wanted, "{path}");
        }
    }
    assert!(!folder.join("new").exists());
}

#[test]
fn a_folder_that_is_not_there_cannot_be_granted() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = load_with(&guest_with("", GO_ON, ""), with_folder(&folder.path().join("none")));
    let text = error.err().expect("it does not load").to_string();
    assert!(text.contains("cannot grant"), "{text}");
}

#[test]
fn granted_variables_are_in_the_environment() {
    let text = guest_with(
        r#"(import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
           (import "wasi_snapshot_preview1" "environ_get" (func $get (param i32 i32) (result i32)))"#,
        "(if (call $sizes (i32.const 0) (i32.const 4)) (then unreachable))
         (if (i32.ne (i32.load (i32.const 0)) (i32.const 2)) (then unreachable))
         (if (call $get (i32.const 16) (i32.const 64)) (then unreachable))
         (if (i32.ne (i32.load (i32.const 20)) (i32.const 68)) (then unreachable))
         (call $log (i32.const 0) (i32.load (i32.const 16)) (i32.load (i32.const 4)))
         (i64.const 0)",
        "",
    );
    let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let environment = vec![variable("A", "1"), variable("LONG", "two")];
    let grants = Grants { environment, ..Grants::default() };
    let module = load_with(&text, Options { grants, ..Options::default() }).expect("it loads");
    let pool = Pool::new(module, Settings::default()).expect("the guest starts");
    assert_eq!(run(&pool).logs[0].message, "A=1\0LONG=two\0");

    let missing = Grants::default().inherit(["HTTP_WASM_NO_SUCH_VARIABLE"]);
    let text = missing.expect_err("it is not set").to_string();
    assert!(text.contains("HTTP_WASM_NO_SUCH_VARIABLE is not set"), "{text}");
}

#[test]
fn clock_and_random_numbers_are_what_a_test_says() {
    // Responds with both, and leaves a place for the monotonic clock, which no test sets.
    let text = guest_with(
        r#"(import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
           (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))"#,
        "(if (call $clock (i32.const 0) (i64.const 0) (i32.const 0)) (then unreachable))
         (if (call $random (i32.const 8) (i32.const 8)) (then unreachable))
         (call $write_body (i32.const 1) (i32.const 0) (i32.const 16))
         (i64.const 0)",
        "",
    );
    let test = TestSettings {
        clock: Some(Duration::from_secs(1)),
        random_seed: Some(1_234_567),
        ..TestSettings::default()
    };
    let settings = InstanceSettings { test, ..InstanceSettings::default() };
    let pool = Pool::new(load(&text), settings).expect("the guest starts");
    let body = run(&pool).response.expect("a response").body;
    assert_eq!(body[..8], 1_000_000_000_u64.to_le_bytes());
    assert_eq!(body[8..], 6_457_827_717_110_365_317_u64.to_le_bytes());
}
