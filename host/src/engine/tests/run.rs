//! Requests, instances, and what happens when they trap.

use super::*;

#[test]
fn a_guest_changes_request_and_response() {
    let module = load(&guest_with(
        r#"(data (i32.const 0) "x-ayes")"#,
        "(call $set_header_value (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 3) (i32.const 3))
         (call $set_header_value (i32.const 1) (i32.const 0) (i32.const 3) (i32.const 3) (i32.const 3))
         (i64.const 1)",
        "",
    ));
    let pool = Pool::new(module, Settings { record_calls: true, ..Settings::default() })
        .expect("the guest starts");
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
fn an_instance_lives_from_request_to_request() {
    let module = load(&guest_with(
        r#"(global $count (mut i32) (i32.const 200))"#,
        "(call $set_status_code (global.get $count))
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
    let module = load(&guest_with("", GO_ON, ""));
    let pool = Pool::new(module, Settings::default()).expect("the guest starts");
    let outcome = run_with(&pool, &mut |request| {
        assert_eq!(pool.idle_instances(), 0, "the only instance is pinned");
        let inner = run(&pool);
        assert_eq!(inner.trap, None);
        assert_eq!(pool.idle_instances(), 1);
        hello(request)
    });
    assert_eq!(outcome.trap, None);
    assert_eq!(pool.idle_instances(), 2);
}

#[test]
fn the_response_hook_gets_what_the_request_hook_gave() {
    let module = load(&guest_with(
        r#"(data (i32.const 0) "seen")"#,
        "(i64.const 0xffffffff00000001)",
        "(if (i32.and (i32.eq (local.get 0) (i32.const -1)) (local.get 1))
            (then (call $log (i32.const 1) (i32.const 0) (i32.const 4))))",
    ));
    let pool = Pool::new(module, Settings::default()).expect("the guest starts");
    assert_eq!(run(&pool).logs, [], "the next handler did not fail");
    let outcome = run_with(&pool, &mut |_| Err(NextError("broken".to_owned())));
    assert_eq!(outcome.logs.len(), 1);
    assert_eq!((outcome.logs[0].level, outcome.logs[0].message.as_str()), (LogLevel::Warn, "seen"));
}

/// Traps at every second request, and tells in the status how often it was called.
fn every_second_traps() -> String {
    guest_with(
        r#"(global $count (mut i32) (i32.const 200))"#,
        "(global.set $count (i32.add (global.get $count) (i32.const 1)))
         (if (i32.eqz (i32.and (global.get $count) (i32.const 1))) (then unreachable))
         (call $set_status_code (global.get $count))
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
    let text = guest_with("(func $inner unreachable)", "(call $inner) (i64.const 0)", "");
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
    let pool = Pool::new(load(&guest_with("", GO_ON, "unreachable")), Settings::default())
        .expect("the guest starts");
    let outcome = run(&pool);
    assert!(outcome.trap.is_some() && outcome.response.is_none());
    assert!(outcome.upstream.is_some());
}

#[test]
fn a_trap_of_the_model_comes_through_as_it_is() {
    let module =
        load(&guest_with("", "(call $set_uri (i32.const 65535) (i32.const 2)) (i64.const 0)", ""));
    let pool = Pool::new(module, Settings::default()).expect("the guest starts");
    let trap = run(&pool).trap.expect("the model traps");
    assert_eq!(trap.kind(), TrapKind::Memory);
    assert_eq!(
        trap.to_string(),
        "set_uri: the uri at 0xffff, 2 bytes, is not all in the guest's memory"
    );
}

#[test]
fn start_runs_once_per_instance() {
    let text = guest_with(
        r#"(func (export "_start") (drop (call $enable_features (i32.const 2))))"#,
        "(drop (call $get_status_code)) (i64.const 1)",
        "",
    );
    let pool = Pool::new(load(&text), Settings { record_calls: true, ..Settings::default() })
        .expect("the guest starts");
    let outcome = run(&pool);
    assert_eq!(outcome.trap, None, "without response buffering the status could not be read");
    assert_eq!(outcome.calls.len(), 1, "_start is not called again");
}

#[test]
fn initialize_runs_after_start_and_before_the_hooks_and_not_on_the_go_host() {
    // Logs what has run, a letter each; the loop makes a guest that is called on a fiber.
    let noted = |export: &str, letter: char, body: &str| {
        format!(
            r#"(func (export "{export}") {body}
                (i32.store8 (global.get $end) (i32.const {}))
                (global.set $end (i32.add (global.get $end) (i32.const 1))))"#,
            u32::from(letter)
        )
    };
    let start = |body: &str| noted("_start", 's', body);
    let initialize = |body: &str| noted("_initialize", 'i', body);
    let busy = "(local $n i32) (loop $more (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $more (i32.lt_u (local.get $n) (i32.const 9))))";
    for (functions, elsewhere, on_go) in [
        (initialize(""), "i", ""),
        (initialize(busy), "i", ""),
        (start(""), "s", "s"),
        (initialize("") + &start(""), "si", "s"),
        (initialize(busy) + &start(""), "si", "s"),
    ] {
        let text = guest_with(
            &format!("(global $end (mut i32) (i32.const 0)) {functions}"),
            "(call $log (i32.const 0) (i32.const 0) (global.get $end)) (i64.const 1)",
            "",
        );
        for profile in Profile::ALL {
            let module = load_with(&text, Options { profile, ..Options::default() });
            let pool = Pool::new(module.expect("it loads"), Settings::default());
            let pool = pool.expect("the guest starts");
            let wanted = if profile == Profile::Go { on_go } else { elsewhere };
            for _ in 0..2 {
                assert_eq!(run(&pool).logs[0].message, wanted, "{profile} {functions}");
            }
        }
    }
}

#[test]
fn a_start_that_fails_shows_what_was_logged_before() {
    let start = |times: usize| {
        let log = "(call $log (i32.const 0) (i32.const 0) (i32.const 6))".repeat(times);
        let start = format!(r#"(func (export "_start") {log} unreachable)"#);
        let text =
            guest_with(&(r#"(data (i32.const 0) "why\1b\0a!")"#.to_owned() + &start), GO_ON, "");
        Pool::new(load(&text), Settings::default()).err().expect("it does not start").to_string()
    };
    assert!(!start(0).contains("logged"), "{}", start(0));
    let once = start(1);
    assert!(once.ends_with(r#"; before that it logged "why\u{1b}\n!""#), "{once}");
    let often = start(30);
    assert!(often.ends_with(r#", "why\u{1b}\n!", and 22 more messages"#), "{often}");
}

#[test]
fn a_program_is_told_to_be_a_reactor() {
    let exit = r#"(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))"#;
    let start = |code: u32| {
        let start = format!(r#"{exit} (func (export "_start") (call $exit (i32.const {code})))"#);
        let text = guest_with(&start, GO_ON, "");
        Pool::new(load(&text), Settings::default()).err().expect("it does not start").to_string()
    };
    assert!(
        start(0).contains("proc_exit(0)") && start(0).contains("-buildmode=c-shared"),
        "{}",
        start(0)
    );
    assert!(start(1).ends_with("the guest ended itself with proc_exit(1)"), "{}", start(1));
    // Whoever ends in a hook has a reason of its own.
    let text = guest_with(exit, "(call $exit (i32.const 0)) (i64.const 1)", "");
    let pool = Pool::new(load(&text), Settings::default()).expect("the guest starts");
    let trap = run(&pool).trap.expect("it ends itself");
    assert_eq!(trap.message(), "the guest ended itself with proc_exit(0)");
}

#[test]
fn an_initialize_that_traps_makes_no_pool() {
    let text = guest_with("(func (export \"_initialize\") unreachable)", GO_ON, "");
    let error = Pool::new(load(&text), Settings::default()).err().expect("it does not start");
    assert!(error.to_string().starts_with("the guest trapped during initialisation: "), "{error}");
    let typed = guest_with("(func (export \"_initialize\") (param i32))", GO_ON, "");
    assert_eq!(
        refused(&typed).to_string(),
        "export _initialize: found (i32) -> (), wanted () -> (); give the function this type"
    );
}

#[test]
fn a_guest_that_traps_at_start_makes_no_pool() {
    let text = guest_with("(func (export \"_start\") unreachable)", GO_ON, "");
    let error = Pool::new(load(&text), Settings::default()).err().expect("it does not start");
    assert!(error.to_string().starts_with("the guest trapped during initialisation: "), "{error}");
    let early = guest_with(
        r#"(func $early (drop (call $get_uri (i32.const 0) (i32.const 0))))
           (start $early)"#,
        GO_ON,
        "",
    );
    let error = Pool::new(load(&early), Settings::default()).err().expect("it does not start");
    let StartError::Trap { trap, .. } = error else { panic!("{error}") };
    assert_eq!(trap.kind(), TrapKind::Phase, "{trap}");
}

#[test]
fn a_host_that_panics_between_the_hooks_loses_the_instance() {
    let pool =
        Pool::new(load(&guest_with("", GO_ON, "")), Settings::default()).expect("the guest starts");
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        run_with(&pool, &mut |_| panic!("the next handler"))
    }));
    assert!(result.is_err());
    assert_eq!(pool.idle_instances(), 0);
    assert_eq!(run(&pool).trap, None);
}

#[test]
fn threads_share_a_pool() {
    let pool =
        Pool::new(load(&guest_with("", GO_ON, "")), Settings::default()).expect("the guest starts");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(run(&pool).trap, None);
                }
            });
        }
    });
    assert!((1..=4).contains(&pool.idle_instances()));
}

#[test]
fn the_response_hook_is_not_called_after_stop_or_trap() {
    for request in ["(i64.const 0)", "(i64.const 0x700000000)", "unreachable"] {
        let module =
            load(&guest_with("", request, "(call $log (i32.const 0) (i32.const 0) (i32.const 1))"));
        let pool = Pool::new(module, Settings::default()).expect("the guest starts");
        let outcome = run(&pool);
        assert_eq!(outcome.logs, [], "{request}");
        assert!(outcome.upstream.is_none(), "{request}");
    }
}

#[test]
fn an_upstream_that_answers_502_has_not_failed() {
    let text = guest_with("", GO_ON, "(if (local.get 1) (then unreachable))");
    let pool = Pool::new(load(&text), Settings::default()).expect("the guest starts");
    let outcome = run_with(&pool, &mut |_| Ok(Response::with_status(502)));
    assert_eq!(outcome.trap, None);
    assert_eq!(outcome.response.expect("the client gets it").status, 502);
}
