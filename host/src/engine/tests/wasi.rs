//! WASI without grants.

use http_wasm_abi::wasi;

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
           (import "http_handler" "set_status_code" (func $status (param i32)))
           (memory (export "memory") 1)
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
         (call $status (i32.add (i32.const 200) (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 0))))
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
    let text = guest_with(&format!("{imports}{MEMORY}"), &exit, "");
    let pool = Pool::new(load(&text), Settings::default()).expect("the guest starts");
    let trap = run(&pool).trap.expect("proc_exit traps");
    assert_eq!(trap.message(), "the guest ended itself with proc_exit(7)");
}
