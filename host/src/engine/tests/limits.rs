//! Time, instructions and memory.

use super::*;

const LOOP: &str = "(loop $again (br $again)) (i64.const 0)";

#[test]
fn an_endless_loop_ends_by_the_clock() {
    let options = Options { time_limit: Some(Duration::from_millis(100)), ..Options::default() };
    let module = load_with(&guest_with("", LOOP, ""), options).expect("it loads");
    let pool = Pool::new(module, Settings::default()).expect("the guest starts");
    let trap = run(&pool).trap.expect("the loop is ended");
    assert_eq!(trap.kind(), TrapKind::Exhausted);
    assert_eq!(trap.message(), "the guest ran for 100ms, the limit of a hook, and had not ended");
}

#[test]
fn an_endless_loop_ends_by_counting() {
    let options = Options { time_limit: None, fuel_limit: Some(10_000), ..Options::default() };
    let module = load_with(&guest_with("", LOOP, ""), options).expect("it loads");
    let pool = Pool::new(module, Settings::default()).expect("the guest starts");
    let trap = run(&pool).trap.expect("the loop is ended");
    assert_eq!(trap.kind(), TrapKind::Exhausted);
    assert!(trap.message().starts_with("the guest executed 10000 instructions"), "{trap}");
}

#[test]
fn instructions_are_counted_alike_each_time() {
    let options = Options { fuel_limit: Some(1_000_000), ..Options::default() };
    let text = guest_with("", "(drop (i32.add (i32.const 1) (i32.const 2))) (i64.const 1)", "");
    let module = load_with(&text, options).expect("it loads");
    let mut counts = Vec::new();
    for _ in 0..2 {
        let mut instance = module.instance();
        let started = guest::start(&mut instance, Settings::default());
        assert_eq!(started.trap, None);
        for _ in 0..2 {
            let mut exchange = http_wasm_model::exchange::Exchange::for_request(
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
        "",
        "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
         (call $set_status_code (i32.add (i32.const 200) (memory.size)))
         (i64.const 0)",
        "",
    );
    let options = Options { memory_limit: 8 * 65_536, ..Options::default() };
    let module = load_with(&text, options).expect("it loads");
    let pool = Pool::new(module, Settings::default()).expect("the guest starts");
    assert_eq!(run(&pool).response.expect("the client gets a response").status, 208);
}

#[test]
fn a_guest_that_ends_for_want_of_memory_names_the_limit() {
    let limit = 4 * 65_536;
    for (module, body, wanted) in [
        (
            "",
            "(if (i32.eq (memory.grow (i32.const 9)) (i32.const -1)) (then unreachable))",
            "655360 bytes of memory, and the limit is 262144; raise it (`memory_limit`, --max-memory",
        ),
        (
            "(table $t 1 funcref)",
            "(if (i32.eq (table.grow $t (ref.null func) (i32.const 9)) (i32.const -1)) (then unreachable))",
            "a table of 10 elements, and the limit is 5",
        ),
    ] {
        let options = Options { memory_limit: limit, table_limit: 5, ..Options::default() };
        let text = guest_with(module, &format!("{body} {GO_ON}"), "unreachable");
        let pool = Pool::new(load_with(&text, options).expect("it loads"), Settings::default());
        let trap = run(&pool.expect("the guest starts")).trap.expect("it wants more");
        assert!(trap.message().contains(wanted), "{trap}");
        assert_eq!(trap.kind(), TrapKind::Guest);
    }
    // Another trap of another hook has another reason, and so has a maximum of the guest's own.
    for (module, body) in [
        ("", "(drop (memory.grow (i32.const 9)))"),
        (
            r#"(memory (export "memory") 1 2)"#,
            "(if (i32.eq (memory.grow (i32.const 9)) (i32.const -1)) (then unreachable))",
        ),
    ] {
        let options = Options { memory_limit: limit, ..Options::default() };
        let text = guest_with(module, &format!("{body} {GO_ON}"), "unreachable");
        let pool = Pool::new(load_with(&text, options).expect("it loads"), Settings::default());
        let trap = run(&pool.expect("the guest starts")).trap.expect("it traps");
        assert!(!trap.message().contains("limit"), "{trap}");
    }
}

#[test]
fn a_guest_that_is_called_directly_may_meet_a_tick() {
    // Enough calls that most of the time is spent in the guest, and each entry looks at the clock.
    let calls = "(call $again)".repeat(40);
    let text = guest_with(
        "(func $again (drop (call $log_enabled (i32.const 0))))",
        &format!("{calls} {GO_ON}"),
        "",
    );
    let module = load(&text);
    let mut instance = module.instance();
    assert_eq!(instance.mode(), Mode::Direct);
    crate::engine::instance::now(Instance::start(&mut instance)).expect("it starts");
    let settings: Arc<http_wasm_model::exchange::InstanceSettings> = Settings::default().into();
    let end = std::time::Instant::now() + TICK * 20;
    while std::time::Instant::now() < end {
        instance.exchange_mut().begin(&settings, false, |request| *request = Request::default());
        assert!(instance.call(Hook::Request).is_ok());
    }
}
