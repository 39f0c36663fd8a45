//! Guests in the text format, each for one thing that an engine has to do.

use std::time::Duration;

use http_wasm_abi::{FUNCTIONS, HeaderKind, LogLevel, ValueType, WASI_MODULE};

use super::*;
use crate::exchange::{NextError, Request, Response, Settings, TrapKind};
use crate::guest::{self, Guest, Outcome};

/// A guest that goes on and does nothing, with this before its exports.
fn guest_with(body: &str, request: &str, response: &str) -> String {
    format!(
        r#"(module
            {body}
            (func (export "handle_request") (result i64) {request})
            (func (export "handle_response") (param i32 i32) {response})
        )"#
    )
}

fn load_with(text: &str, options: Options) -> Result<Module, LoadError> {
    let bytes = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    Module::new(&bytes, options)
}

fn load(text: &str) -> Module {
    load_with(text, Options::default()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn refused(text: &str) -> LoadError {
    match load_with(text, Options::default()) {
        Ok(_) => panic!("was loaded:\n{text}"),
        Err(error) => error,
    }
}

fn hello(_: &Request) -> Result<Response, NextError> {
    Ok(Response { body: b"hello".to_vec(), ..Response::default() })
}

fn run(pool: &Pool) -> Outcome {
    pool.run(Request::default(), &mut hello).expect("the guest starts")
}

const MEMORY: &str = r#"(memory (export "memory") 1)"#;
const GO_ON: &str = "(i64.const 1)";

#[test]
fn a_guest_changes_request_and_response() {
    let module = load(&guest_with(
        r#"(import "http_handler" "set_header_value" (func $set (param i32 i32 i32 i32 i32)))
           (memory (export "memory") 1)
           (data (i32.const 0) "x-ayes")"#,
        "(call $set (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 3) (i32.const 3))
         (call $set (i32.const 1) (i32.const 0) (i32.const 3) (i32.const 3) (i32.const 3))
         (i64.const 1)",
        "",
    ));
    let pool = Pool::new(module, Settings::default()).expect("the guest starts");
    let outcome = run(&pool);
    assert_eq!(outcome.trap, None);
    assert_eq!(outcome.problems, []);
    let upstream = outcome.upstream.expect("the next handler is called");
    assert_eq!(upstream.headers.first("x-a"), Some(&b"yes"[..]));
    let response = outcome.response.expect("the client gets a response");
    assert_eq!(response.headers.first("x-a"), Some(&b"yes"[..]));
    assert_eq!(response.body, b"hello");
    let calls: Vec<_> = outcome.calls.iter().map(ToString::to_string).collect();
    assert_eq!(
        calls,
        [
            format!("set_header_value({}, \"x-a\", \"yes\")", HeaderKind::Request),
            format!("set_header_value({}, \"x-a\", \"yes\")", HeaderKind::Response),
        ]
    );
}

#[test]
fn every_function_of_the_table_can_be_linked() {
    let show = |ty: &ValueType| ty.to_string();
    let imports: String = FUNCTIONS
        .iter()
        .map(|function| {
            let signature = function.signature();
            let params: Vec<_> = signature.params.iter().map(show).collect();
            let result = signature.result.map_or(String::new(), |ty| format!("(result {ty})"));
            let params = params.join(" ");
            format!("(import \"http_handler\" \"{function}\" (func (param {params}) {result}))\n")
        })
        .collect();
    let module = load(&guest_with(&format!("{imports}{MEMORY}"), GO_ON, ""));
    let pool = Pool::new(module, Settings::default()).expect("the guest starts");
    assert_eq!(run(&pool).trap, None);
}

#[test]
fn missing_exports_are_named() {
    let wanted = |text: &str, name: &'static str, wanted: &str| {
        let wanted = LoadError::MissingExport { name, wanted: wanted.to_owned() };
        assert_eq!(refused(text), wanted);
    };
    wanted("(module)", "memory", "a memory");
    wanted(r#"(module (memory (export "memory") 1))"#, "handle_request", "() -> i64");
    wanted(
        r#"(module (memory (export "memory") 1)
            (func (export "handle_request") (result i64) (i64.const 0)))"#,
        "handle_response",
        "(i32, i32) -> ()",
    );
    assert_eq!(
        refused("(module)").to_string(),
        "the guest does not export `memory`, wanted a memory; export it under this name"
    );
}

#[test]
fn exports_of_the_wrong_type_are_named() {
    let request = r#"(module (memory (export "memory") 1)
        (func (export "handle_request") (result i32) (i32.const 0))
        (func (export "handle_response") (param i32 i32)))"#;
    assert_eq!(
        refused(request).to_string(),
        "the guest exports `handle_request` as () -> i32, wanted () -> i64; change its type"
    );
    let response = r#"(module (memory (export "memory") 1)
        (func (export "handle_request") (result i64) (i64.const 0))
        (func (export "handle_response") (param i32)))"#;
    assert_eq!(
        refused(response).to_string(),
        "the guest exports `handle_response` as (i32) -> (), wanted (i32, i32) -> (); change its type"
    );
    let start = guest_with(&format!("{MEMORY} (func (export \"_start\") (param i64))"), GO_ON, "");
    assert_eq!(
        refused(&start).to_string(),
        "the guest exports `_start` as (i64) -> (), wanted () -> (); change its type"
    );
    let memory =
        guest_with(r#"(memory 1) (global (export "memory") i32 (i32.const 0))"#, GO_ON, "");
    assert_eq!(
        refused(&memory).to_string(),
        "the guest exports `memory` as a global, wanted a memory; change its type"
    );
}

#[test]
fn imports_that_no_host_has_are_named() {
    let import = |import: &str| {
        refused(&guest_with(&format!("(import {import}) {MEMORY}"), GO_ON, "")).to_string()
    };
    let unknown = import(r#""http_handler" "get_time" (func (result i64))"#);
    assert!(
        unknown.starts_with("the guest imports `http_handler.get_time`, which this host does not have; it has enable_features, get_config, "),
        "{unknown}"
    );
    assert_eq!(
        import(r#""http_handler" "get_status_code" (func (param i32) (result i64))"#),
        "the guest imports `http_handler.get_status_code` as (i32) -> i64, wanted () -> i32; correct its declaration"
    );
    assert_eq!(
        import(r#""http_handler" "get_uri" (global i32)"#),
        "the guest imports `http_handler.get_uri` as a global, wanted (i32, i32) -> i32; correct its declaration"
    );
    assert_eq!(
        import(r#""env" "abort" (func)"#),
        "the guest imports `env.abort`, which this host does not have; import from http_handler, or from wasi_snapshot_preview1, only; often it is a function that was declared and not linked"
    );
    assert_eq!(
        import(r#""wasi_snapshot_preview1" "fd_teleport" (func)"#),
        "the guest imports `wasi_snapshot_preview1.fd_teleport`, which this host does not have; preview 1 of WASI has no such function"
    );
    assert_eq!(
        import(
            r#""wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i64) (result i32))"#
        ),
        "the guest imports `wasi_snapshot_preview1.fd_write` as (i32, i32, i32, i64) -> i32, wanted (i32, i32, i32, i32) -> i32; correct its declaration"
    );
}

#[test]
fn a_function_that_the_profile_lacks_is_refused_at_load() {
    let text = guest_with(
        r#"(import "http_handler" "get_source_addr" (func (param i32 i32) (result i32)))
           (memory (export "memory") 1)"#,
        GO_ON,
        "",
    );
    let options = Options { profile: Profile::Express, ..Options::default() };
    let error = load_with(&text, options).err().expect("Express has no such function");
    assert_eq!(
        error.to_string(),
        "the guest imports `get_source_addr`, which hosts of profile express do not have; do without it there"
    );
    load(&text);
}

#[test]
fn what_is_no_module_is_refused() {
    for bytes in [&b""[..], b"\0asm", b"\0asm\x01\0\0\0\x01", b"hello", &[0xff; 64]] {
        let error = Module::new(bytes, Options::default()).err().expect("this is no module");
        assert!(matches!(error, LoadError::Invalid(_)), "{error}");
    }
    let text = guest_with("(memory (export \"memory\") 1) (func $f (return_call $f))", GO_ON, "");
    let error = refused(&text).to_string();
    assert!(error.contains("tail calls"), "{error}");
}

#[test]
fn an_instance_lives_from_request_to_request() {
    let module = load(&guest_with(
        r#"(import "http_handler" "set_status_code" (func $status (param i32)))
           (memory (export "memory") 1)
           (global $count (mut i32) (i32.const 200))"#,
        "(call $status (global.get $count))
         (global.set $count (i32.add (global.get $count) (i32.const 1)))
         (i64.const 0)",
        "",
    ));
    let pool = Pool::new(module, Settings::default()).expect("the guest starts");
    for wanted in 200..205 {
        let response = run(&pool).response.expect("the client gets a response");
        assert_eq!(response.status, wanted);
        assert_eq!(pool.idle_instances(), 1);
    }
}

#[test]
fn an_instance_serves_one_request_at_a_time() {
    let module = load(&guest_with(MEMORY, GO_ON, ""));
    let pool = Pool::new(module, Settings::default()).expect("the guest starts");
    let outcome = pool
        .run(Request::default(), &mut |request| {
            assert_eq!(pool.idle_instances(), 0, "the only instance is pinned");
            let inner = pool.run(request.clone(), &mut hello).expect("a second instance starts");
            assert_eq!(inner.trap, None);
            assert_eq!(pool.idle_instances(), 1);
            hello(request)
        })
        .expect("the guest starts");
    assert_eq!(outcome.trap, None);
    assert_eq!(pool.idle_instances(), 2);
}

#[test]
fn the_response_hook_gets_what_the_request_hook_gave() {
    let module = load(&guest_with(
        r#"(import "http_handler" "log" (func $log (param i32 i32 i32)))
           (memory (export "memory") 1)
           (data (i32.const 0) "seen")"#,
        "(i64.const 0xffffffff00000001)",
        "(if (i32.and (i32.eq (local.get 0) (i32.const -1)) (local.get 1))
            (then (call $log (i32.const 1) (i32.const 0) (i32.const 4))))",
    ));
    let pool = Pool::new(module, Settings::default()).expect("the guest starts");
    assert_eq!(run(&pool).logs, [], "the next handler did not fail");
    let outcome = pool
        .run(Request::default(), &mut |_| Err(NextError("broken".to_owned())))
        .expect("the guest starts");
    assert_eq!(outcome.logs.len(), 1);
    assert_eq!((outcome.logs[0].level, outcome.logs[0].message.as_str()), (LogLevel::Warn, "seen"));
}

/// Traps at every second request, and tells in the status how often it was called.
fn every_second_traps() -> String {
    guest_with(
        r#"(import "http_handler" "set_status_code" (func $status (param i32)))
           (memory (export "memory") 1)
           (global $count (mut i32) (i32.const 200))"#,
        "(global.set $count (i32.add (global.get $count) (i32.const 1)))
         (if (i32.eqz (i32.and (global.get $count) (i32.const 1))) (then unreachable))
         (call $status (global.get $count))
         (i64.const 0)",
        "",
    )
}

#[test]
fn a_trapped_instance_is_discarded() {
    let pool = Pool::new(load(&every_second_traps()), Settings::default()).expect("it starts");
    let statuses: Vec<_> =
        (0..5).map(|_| run(&pool).response.expect("there is a response").status).collect();
    assert_eq!(statuses, [201, 500, 201, 500, 201]);
}

#[test]
fn a_trapped_instance_is_used_again_where_asked_for() {
    let pool = Pool::new(load(&every_second_traps()), Settings::default())
        .expect("it starts")
        .reuse_after_trap(true);
    let statuses: Vec<_> =
        (0..5).map(|_| run(&pool).response.expect("there is a response").status).collect();
    assert_eq!(statuses, [201, 500, 203, 500, 205]);
}

#[test]
fn a_trap_names_the_place_and_the_answer_does_not() {
    let text = guest_with(
        &format!("{MEMORY} (func $inner unreachable)"),
        "(call $inner) (i64.const 0)",
        "",
    );
    let pool = Pool::new(load(&text), Settings::default()).expect("the guest starts");
    let outcome = run(&pool);
    let trap = outcome.trap.expect("the guest traps");
    assert_eq!(trap.kind(), TrapKind::Guest);
    assert!(trap.message().contains("unreachable"), "{trap}");
    assert!(trap.message().contains("; in `inner` at 0x"), "{trap}");
    let response = outcome.response.expect("the client gets an answer");
    assert_eq!((response.status, response.body.as_slice()), (500, &b"internal server error"[..]));
    assert!(outcome.upstream.is_none());
}

#[test]
fn a_trap_in_the_response_hook_breaks_the_connection() {
    let pool = Pool::new(load(&guest_with(MEMORY, GO_ON, "unreachable")), Settings::default())
        .expect("the guest starts");
    let outcome = run(&pool);
    assert!(outcome.trap.is_some() && outcome.response.is_none());
    assert!(outcome.upstream.is_some());
}

#[test]
fn a_trap_of_the_model_comes_through_as_it_is() {
    let module = load(&guest_with(
        r#"(import "http_handler" "set_uri" (func $set (param i32 i32)))
           (memory (export "memory") 1)"#,
        "(call $set (i32.const 65535) (i32.const 2)) (i64.const 0)",
        "",
    ));
    let pool = Pool::new(module, Settings::default()).expect("the guest starts");
    let trap = run(&pool).trap.expect("the model traps");
    assert_eq!(trap.kind(), TrapKind::Memory);
    assert_eq!(
        trap.to_string(),
        "set_uri: the URI at 0xffff, 2 bytes, is not all in the guest's memory"
    );
}

const LOOP: &str = "(loop $again (br $again)) (i64.const 0)";

#[test]
fn an_endless_loop_ends_by_the_clock() {
    let options = Options { time_limit: Some(Duration::from_millis(100)), ..Options::default() };
    let module = load_with(&guest_with(MEMORY, LOOP, ""), options).expect("it loads");
    let pool = Pool::new(module, Settings::default()).expect("the guest starts");
    let trap = run(&pool).trap.expect("the loop is ended");
    assert_eq!(trap.kind(), TrapKind::Exhausted);
    assert_eq!(trap.message(), "the guest ran for 100ms, the limit of a hook, and had not ended");
}

#[test]
fn an_endless_loop_ends_by_counting() {
    let options = Options { time_limit: None, fuel_limit: Some(10_000), ..Options::default() };
    let module = load_with(&guest_with(MEMORY, LOOP, ""), options).expect("it loads");
    let pool = Pool::new(module, Settings::default()).expect("the guest starts");
    let trap = run(&pool).trap.expect("the loop is ended");
    assert_eq!(trap.kind(), TrapKind::Exhausted);
    assert!(trap.message().starts_with("the guest executed 10000 instructions"), "{trap}");
}

#[test]
fn instructions_are_counted_alike_each_time() {
    let options = Options { fuel_limit: Some(1_000_000), ..Options::default() };
    let text = guest_with(MEMORY, "(drop (i32.add (i32.const 1) (i32.const 2))) (i64.const 1)", "");
    let module = load_with(&text, options).expect("it loads");
    let mut counts = Vec::new();
    for _ in 0..2 {
        let mut instance = module.instance();
        let started = guest::start(&mut instance, Settings::default());
        assert_eq!(started.trap, None);
        for _ in 0..2 {
            let mut exchange = crate::exchange::Exchange::for_request(
                started.settings.clone(),
                Request::default(),
            );
            instance.handle_request(&mut exchange).expect("no trap");
            counts.push(instance.consumed_fuel());
        }
    }
    assert!(counts[0] > 0);
    assert!(counts.iter().all(|&count| count == counts[0]), "{counts:?}");
}

#[test]
fn memory_cannot_grow_past_the_limit() {
    // Takes pages until there are none, then reports with the status how many it has.
    let text = guest_with(
        r#"(import "http_handler" "set_status_code" (func $status (param i32)))
           (memory (export "memory") 1)"#,
        "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
         (call $status (i32.add (i32.const 200) (memory.size)))
         (i64.const 0)",
        "",
    );
    let options = Options { memory_limit: 8 * 65_536, ..Options::default() };
    let module = load_with(&text, options).expect("it loads");
    let pool = Pool::new(module, Settings::default()).expect("the guest starts");
    assert_eq!(run(&pool).response.expect("the client gets a response").status, 208);
}

#[test]
fn a_guest_that_begins_too_big_is_refused() {
    let error = refused(&guest_with(r#"(memory (export "memory") 2000)"#, GO_ON, ""));
    assert_eq!(
        error.to_string(),
        "the guest begins with 131072000 bytes of memory (2000 pages), wanted at most 67108864; give it a smaller stack or less static data, or raise the limit"
    );
}

#[test]
fn start_runs_once_per_instance_and_initialize_never() {
    let text = guest_with(
        r#"(import "http_handler" "enable_features" (func $enable (param i32) (result i32)))
           (import "http_handler" "get_status_code" (func $status (result i32)))
           (memory (export "memory") 1)
           (func (export "_start") (drop (call $enable (i32.const 2))))
           (func (export "_initialize") unreachable)"#,
        "(drop (call $status)) (i64.const 1)",
        "",
    );
    let pool = Pool::new(load(&text), Settings::default()).expect("the guest starts");
    let outcome = run(&pool);
    assert_eq!(outcome.trap, None, "without response buffering the status could not be read");
    assert_eq!(outcome.calls.len(), 1, "_start is not called again");
}

#[test]
fn a_guest_that_traps_at_start_makes_no_pool() {
    let text = guest_with(&format!("{MEMORY} (func (export \"_start\") unreachable)"), GO_ON, "");
    let error = Pool::new(load(&text), Settings::default()).err().expect("it does not start");
    assert!(error.to_string().starts_with("the guest trapped during initialisation: "), "{error}");
    let early = guest_with(
        r#"(import "http_handler" "get_uri" (func $get (param i32 i32) (result i32)))
           (memory (export "memory") 1)
           (func $early (drop (call $get (i32.const 0) (i32.const 0))))
           (start $early)"#,
        GO_ON,
        "",
    );
    let error = Pool::new(load(&early), Settings::default()).err().expect("it does not start");
    assert_eq!(error.0.kind(), TrapKind::Phase, "{error}");
}

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
    for (name, params) in wasi::FUNCTIONS {
        let types: Vec<_> =
            params.chars().map(|param| if param == 'l' { "i64" } else { "i32" }).collect();
        let exits = name == wasi::EXIT;
        let result = if exits { "" } else { "(result i32)" };
        let types = types.join(" ");
        imports += &format!(
            "(import \"{WASI_MODULE}\" \"{name}\" (func ${name} (param {types}) {result}))\n"
        );
        if !exits {
            let args: Vec<_> = params
                .chars()
                .map(|param| if param == 'l' { "(i64.const 16)" } else { "(i32.const 16)" })
                .collect();
            calls += &format!("(drop (call ${name} {}))\n", args.join(" "));
        }
    }
    let exit = format!("{calls} (call ${} (i32.const 7)) (i64.const 1)", wasi::EXIT);
    let text = guest_with(&format!("{imports}{MEMORY}"), &exit, "");
    let pool = Pool::new(load(&text), Settings::default()).expect("the guest starts");
    let trap = run(&pool).trap.expect("proc_exit traps");
    assert_eq!(trap.message(), "the guest ended itself with proc_exit(7)");
}
