//! Guests whose instructions, shapes and names are unusual.

use http_wasm_abi::exports;

use super::*;

#[tokio::test]
async fn every_trap_of_an_instruction_is_a_500() {
    for (module, body) in [
        ("", "unreachable"),
        ("", "(drop (i32.div_s (i32.const 1) (i32.const 0)))"),
        ("", "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))"),
        ("", "(drop (i64.rem_u (i64.const 1) (i64.const 0)))"),
        ("", "(drop (i32.trunc_f64_s (f64.const nan)))"),
        ("", "(drop (i64.trunc_f32_u (f32.const inf)))"),
        ("", "(drop (i32.load (i32.const 65533)))"),
        ("", "(i64.store offset=4294967295 (i32.const -1) (i64.const 0))"),
        ("", "(memory.fill (i32.const 0) (i32.const 0) (i32.const -1))"),
        ("", "(memory.copy (i32.const 1) (i32.const 65535) (i32.const 2))"),
        ("(data $d \"x\")", "(memory.init $d (i32.const 0) (i32.const 1) (i32.const 1))"),
        ("(table 1 funcref)", "(call_indirect (i32.const 0))"),
        ("(table 1 funcref)", "(call_indirect (i32.const -1))"),
        ("(table funcref (elem $odd)) (func $odd (param i32))", "(call_indirect (i32.const 0))"),
        ("(table $t 1 funcref)", "(table.set $t (i32.const 9) (ref.null func))"),
        ("(table $t 1 funcref)", "(table.fill $t (i32.const 0) (ref.null func) (i32.const -1))"),
    ] {
        let bench = Bench::new(&guest(module, "", &format!("{body} (i64.const 1)"), ""));
        bench.traps(TrapKind::Guest).await;
    }
}

#[tokio::test]
async fn an_endless_loop_of_anything_ends_by_the_clock() {
    for (module, body) in [
        ("", "(drop (memory.grow (i32.const -1)))"),
        ("", "(drop (memory.grow (i32.const 0)))"),
        ("", "(memory.fill (i32.const 0) (i32.const 0) (i32.const 65536))"),
        ("(table $t 1 funcref)", "(drop (table.grow $t (ref.null func) (i32.const -1)))"),
        (
            "(table $t 9999 funcref)",
            "(table.fill $t (i32.const 0) (ref.null func) (i32.const 9999))",
        ),
        ("(func $empty)", "(call $empty)"),
        ("(table funcref (elem $empty)) (func $empty)", "(call_indirect (i32.const 0))"),
        (
            "(global $v (mut v128) (v128.const i64x2 1 2))",
            "(global.set $v (i64x2.mul (global.get $v) (global.get $v)))",
        ),
    ] {
        let body = format!("(loop $again {body} (br $again))");
        let bench = Bench::new(&guest(module, "", &format!("{body} (i64.const 1)"), ""));
        bench.traps(TrapKind::Exhausted).await;
    }
}

#[tokio::test]
async fn recursion_of_every_kind_traps() {
    let locals = "(local i64)".repeat(5_000);
    for module in [
        format!("(func $f {locals} (call $f))"),
        "(func $f (call $g)) (func $g (call $f))".to_owned(),
        "(table funcref (elem $f)) (func $f (call_indirect (i32.const 0)))".to_owned(),
    ] {
        let bench = Bench::new(&guest(&module, "", "(call $f) (i64.const 1)", ""));
        bench.traps(TrapKind::Guest).await;
        assert!(bench.told.lock().unwrap()[0].contains("stack"));
    }
}

#[tokio::test]
async fn a_start_section_is_held_to_the_same_limits() {
    for body in [
        "(loop $again (br $again))",
        "(call $self)",
        "unreachable",
        "(call $set_status_code (i32.const 200))",
        "(drop (call $get_uri (i32.const 0) (i32.const 9)))",
    ] {
        let module = format!("(func $self {body}) (start $self)");
        let refused = Bench::with(&guest(&module, "", "(i64.const 1)", ""), options()).err();
        assert!(matches!(refused, Some(Refused::Start(_))), "{body}: {refused:?}");
    }
}

#[tokio::test]
async fn initialize_is_held_to_the_same_limits() {
    for body in
        ["(loop $again (br $again))", "unreachable", "(call $set_status_code (i32.const 200))"]
    {
        let module = format!(r#"(func (export "_initialize") {body})"#);
        let refused = Bench::with(&guest(&module, "", "(i64.const 1)", ""), options()).err();
        assert!(matches!(refused, Some(Refused::Start(_))), "{body}: {refused:?}");
    }
}

#[tokio::test]
async fn segments_outside_their_memory_or_table_are_refused_at_the_start() {
    for module in [
        "(data (i32.const 65536) \"x\")",
        "(data (i32.const -1) \"x\")",
        "(table 1 funcref) (func $f) (elem (i32.const 1) $f)",
    ] {
        let refused = Bench::with(&guest(module, "", "(i64.const 1)", ""), options()).err();
        assert!(matches!(refused, Some(Refused::Start(_))), "{module}: {refused:?}");
    }
}

#[tokio::test]
async fn data_of_megabytes_is_loaded_within_the_limit_of_memory() {
    let data = "x".repeat(3 << 20);
    let text = guest(&format!("(data (i32.const 64) \"{data}\")"), "", "(i64.const 1)", "");
    let fits = text.replace("(export \"memory\") 1)", "(export \"memory\") 60)");
    let bench = Bench::new(&fits);
    assert_eq!(bench.attack().await.expect("an answer").status(), 200);
    assert!(matches!(Bench::with(&text, options()), Err(Refused::Start(_))), "it has one page");
    let large = text.replace("(export \"memory\") 1)", "(export \"memory\") 65)");
    assert!(matches!(Bench::with(&large, options()), Err(Refused::Load(LoadError::Memory { .. }))));
}

#[tokio::test]
async fn what_is_beyond_webassembly_2_is_refused() {
    let refused = |wat: &str| match Bench::with(wat, options()) {
        Err(Refused::Load(error)) => error.to_string(),
        Err(other) => panic!("{wat}: {other}"),
        Ok(_) => panic!("it was loaded: {wat}"),
    };
    let good = good();
    let memory = r#"(memory (export "memory") 1)"#;
    assert!(good.contains(memory), "{good}");
    for other in [
        r#"(memory (export "memory") i64 1)"#,
        r#"(memory (export "memory") 1 2 shared)"#,
        r#"(memory (export "memory") 1) (memory 1)"#,
        r#"(memory (export "memory") 1) (tag (param i32))"#,
        r#"(memory (export "memory") 1) (func (param externref))"#,
        r#"(memory (export "memory") 1) (type (struct (field i32)))"#,
    ] {
        refused(&good.replace(memory, other));
    }
    // A memory of the host's, of which there is none.
    refused(
        r#"(module (import "env" "memory" (memory 1)) (export "memory" (memory 0))
        (func (export "handle_request") (result i64) (i64.const 1))
        (func (export "handle_response") (param i32 i32)))"#,
    );
}

#[tokio::test]
async fn exports_that_are_no_functions_are_refused() {
    for name in
        [exports::HANDLE_REQUEST, exports::HANDLE_RESPONSE, exports::START, exports::INITIALIZE]
    {
        for item in ["memory 0", "table 0", "global 0"] {
            let others: String = [exports::HANDLE_REQUEST, exports::HANDLE_RESPONSE]
                .iter()
                .filter(|other| **other != name)
                .map(|other| match *other {
                    exports::HANDLE_REQUEST => {
                        r#"(func (export "handle_request") (result i64) (i64.const 1))"#
                    }
                    _ => r#"(func (export "handle_response") (param i32 i32))"#,
                })
                .collect();
            let wat = format!(
                r#"(module (table 1 funcref) (global i32 (i32.const 0)) (memory (export "memory") 1)
                {others} (export "{name}" ({item})))"#
            );
            let refused = Bench::with(&wat, options()).err();
            let Some(Refused::Load(error)) = &refused else { panic!("{name} {item}: {refused:?}") };
            assert!(error.to_string().starts_with(&format!("export {name}: found a ")), "{error}");
        }
    }
}

#[tokio::test]
async fn a_function_of_the_host_as_a_hook_is_held_to_its_rules() {
    // `set_uri` has the type of a response hook, and may not be called there.
    let wat = r#"(module (import "http_handler" "set_uri" (func $uri (param i32 i32)))
        (memory (export "memory") 1) (export "handle_response" (func $uri))
        (func (export "handle_request") (result i64) (i64.const 1)))"#;
    let bench = Bench::new(wat);
    assert!(bench.attack().await.is_none());
    assert_eq!(bench.hostile.metrics().traps, [(TrapKind::Phase, 1)]);
}

#[tokio::test]
async fn names_cannot_act_on_a_terminal() {
    let odd = "\\1b[31m\\0a\\07\\e2\\80\\ae";
    let import = format!(
        r#"(module (import "{odd}" "{odd}" (func)) (memory (export "memory") 1)
        (func (export "handle_request") (result i64) (i64.const 1))
        (func (export "handle_response") (param i32 i32)))"#
    );
    let error = Bench::with(&import, options()).err().expect("nobody has it").to_string();
    assert!(error.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{error:?}");
    // A function of this name, which traps.
    let mut wasm = wat::parse_str(guest("", "", "unreachable", "")).unwrap();
    let imported = u8::try_from(FUNCTIONS.len()).unwrap();
    let name = "a\u{1b}[31m\n\u{7}";
    let map = [&[1, imported + 1, name.len() as u8], name.as_bytes()].concat();
    let mut section = vec![4];
    section.extend(b"name");
    section.extend([1, map.len() as u8]);
    section.extend(map);
    wasm.push(0);
    wasm.push(section.len() as u8);
    wasm.extend(section);
    let bench = Bench::of(&wasm).unwrap();
    bench.traps(TrapKind::Guest).await;
    let told = bench.told.lock().unwrap();
    assert!(told[0].contains("`a\\u{1b}[31m\\n\\u{7}`"), "{:?}", told[0]);
}

#[tokio::test]
async fn shapes_of_great_size_are_loaded_or_refused_in_time() {
    let before = std::time::Instant::now();
    let targets = "0 ".repeat(50_000);
    for (module, body) in [
        ("(func)".repeat(2_000), String::new()),
        (format!("(func {})", "(local i64 i32 f64)".repeat(15_000)), String::new()),
        (String::new(), format!("{}{}", "(block ".repeat(5_000), ")".repeat(5_000))),
        (String::new(), format!("(block (br_table {targets} 0 (i32.const 7)))")),
        ("(type (func (param i32 i64) (result f64)))".repeat(10_000), String::new()),
        (format!("(func {})", "(drop (i32.const 1))".repeat(50_000)), String::new()),
    ] {
        let wat = guest(&module, "", &format!("{body} (i64.const 1)"), "");
        match Bench::with(&wat, options()) {
            Ok(bench) => assert_eq!(bench.attack().await.expect("an answer").status(), 200),
            Err(Refused::Load(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert!(before.elapsed() < Duration::from_secs(60), "{:?}", before.elapsed());
}

#[tokio::test]
async fn numbers_that_the_abi_does_not_know_trap() {
    for call in [
        "(call $log (i32.const -2) (i32.const 0) (i32.const 1))",
        "(call $log (i32.const 99) (i32.const 0) (i32.const 1))",
        "(call $set_status_code (i32.const 0))",
        "(call $set_status_code (i32.const 99))",
        "(call $set_status_code (i32.const 1000))",
        "(call $set_status_code (i32.const -1))",
        "(call $write_body (i32.const 2) (i32.const 0) (i32.const 1))",
        "(drop (call $get_header_names (i32.const 4) (i32.const 0) (i32.const 1)))",
        "(drop (call $read_body (i32.const -1) (i32.const 0) (i32.const 1)))",
    ] {
        Bench::new(&on_request(call)).traps(TrapKind::Number).await;
    }
}

#[tokio::test]
async fn methods_and_targets_that_cannot_be_sent_trap() {
    for (function, text) in [
        ("set_method", "GET /"),
        ("set_method", ""),
        ("set_method", "G\\00"),
        ("set_uri", "no-slash"),
        ("set_uri", "/a b"),
        ("set_uri", "/a\\0d\\0aX: y"),
        ("set_uri", "/\\00"),
    ] {
        let len = text.len() - 2 * text.matches('\\').count();
        let module = format!(r#"(data (i32.const 256) "{text}")"#);
        let call = format!("(call ${function} (i32.const 256) (i32.const {len})) (i64.const 1)");
        Bench::new(&guest(&module, "", &call, "")).traps(TrapKind::Value).await;
    }
}

#[tokio::test]
async fn a_target_of_a_megabyte_reaches_nobody() {
    let bench = Bench::new(&on_request(
        "(drop (memory.grow (i32.const 20)))
         (memory.fill (i32.const 64) (i32.const 47) (i32.const 1048576))
         (call $set_uri (i32.const 64) (i32.const 1048576))",
    ));
    let status = bench.attack().await.expect("an answer").status().as_u16();
    assert!(matches!(status, 414 | 500 | 502), "{status}");
}

#[tokio::test]
async fn a_guest_that_always_traps_costs_no_memory() {
    let bench = Bench::new(&on_request("(drop (memory.grow (i32.const 30))) unreachable"));
    for _ in 0..50 {
        assert_eq!(bench.attack().await.expect("an answer").status(), 500);
        let metrics = bench.hostile.metrics();
        assert_eq!((metrics.instances, metrics.memory), (0, 0));
    }
}
