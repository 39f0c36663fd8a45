use super::*;

fn module(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

fn exports_of(bytes: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        if let wasmparser::Payload::ExportSection(section) = payload.unwrap() {
            names.extend(section.into_iter().map(|export| export.unwrap().name.to_owned()));
        }
    }
    names
}

fn custom_sections(bytes: &[u8]) -> Vec<String> {
    Parser::new(0)
        .parse_all(bytes)
        .filter_map(|payload| match payload.unwrap() {
            wasmparser::Payload::CustomSection(section) => Some(section.name().to_owned()),
            _ => None,
        })
        .collect()
}

fn valid(bytes: &[u8]) {
    wasmparser::Validator::new().validate_all(bytes).unwrap();
}

const GUEST: &str = r#"(module
    (import "http_handler" "get_method" (func $get_method (param i32 i32) (result i32)))
    (global $__stack_pointer (mut i32) (i32.const 4096))
    (global $__data_end i32 (i32.const 1024))
    (memory (export "memory") 1)
    (export "__data_end" (global $__data_end))
    (func $deep (global.set $__stack_pointer (i32.sub (global.get $__stack_pointer) (i32.const 16))))
    (func $handle_request (export "handle_request") (result i64) (call $deep) (i64.const 1))
    (func (export "handle_response") (param i32 i32))
    (func (export "_start") (drop (call $get_method (i32.const 0) (i32.const 0))))
    (func (export "_initialize"))
    (@custom "producers" "\00"))"#;

#[test]
fn only_the_exports_of_the_abi_stay() {
    let prepared = prepare_entries(&module(GUEST)).unwrap();
    valid(&prepared.bytes);
    assert_eq!(
        exports_of(&prepared.bytes),
        ["memory", "handle_request", "handle_response", "_start"]
    );
    assert_eq!(prepared.dropped, ["__data_end", "_initialize"]);
    assert_eq!(custom_sections(&prepared.bytes), ["name"]);
}

#[test]
fn only_entries_that_reach_the_stack_reset_it() {
    let prepared = prepare_entries(&module(GUEST)).unwrap();
    assert_eq!(prepared.reset, ["handle_request"]);
    let linked = LinkedModule::read(&prepared.bytes).unwrap();
    let entry = &linked.entries["handle_request"];
    assert_eq!(
        entry.function,
        linked.info.function_count() - 1,
        "the export is the function that was added"
    );
    assert_eq!(linked.names[&entry.function], "handle_request");
}

#[test]
fn a_call_through_a_table_may_reach_the_stack() {
    let prepared = prepare_entries(&module(
        r#"(module
            (type $f (func))
            (table 1 funcref)
            (global $__stack_pointer (mut i32) (i32.const 4096))
            (memory (export "memory") 1)
            (func (export "handle_request") (result i64)
                (call_indirect (type $f) (i32.const 0)) (i64.const 1))
            (func (export "handle_response") (param i32 i32)))"#,
    ))
    .unwrap();
    valid(&prepared.bytes);
    assert_eq!(prepared.reset, ["handle_request"]);
}

#[test]
fn a_module_without_a_named_stack_pointer_gets_no_reset() {
    for global in [
        "(global $other (mut i32) (i32.const 4096))",
        "(global $__stack_pointer i32 (i32.const 4096))",
        "(global $base i32 (i32.const 1)) (global $__stack_pointer (mut i32) (global.get $base))",
        r#"(import "env" "sp" (global $__stack_pointer (mut i32)))"#,
    ] {
        let prepared = prepare_entries(&module(&format!(
            r#"(module {global}
                (memory (export "memory") 1)
                (func (export "handle_request") (result i64) (i64.const 1))
                (func (export "handle_response") (param i32 i32)))"#
        )))
        .unwrap();
        valid(&prepared.bytes);
        assert!(prepared.reset.is_empty(), "{global}");
    }
}

#[test]
fn an_entry_that_is_called_from_inside_keeps_its_callers_frame() {
    // `_start` holds a frame while it calls the function behind `handle_request`: the reset must
    // be at the export only.
    let prepared = prepare_entries(&module(
        r#"(module
            (global $__stack_pointer (mut i32) (i32.const 4096))
            (memory (export "memory") 1)
            (func $request (export "handle_request") (result i64)
                (global.set $__stack_pointer (i32.sub (global.get $__stack_pointer) (i32.const 16)))
                (i64.const 1))
            (func (export "handle_response") (param i32 i32))
            (func (export "_start") (drop (call $request))))"#,
    ))
    .unwrap();
    valid(&prepared.bytes);
    assert_eq!(prepared.reset, ["_start", "handle_request"]);
    let bodies: Vec<_> = Parser::new(0)
        .parse_all(&prepared.bytes)
        .filter_map(|payload| match payload.unwrap() {
            wasmparser::Payload::CodeSectionEntry(body) => Some(body.as_bytes().to_vec()),
            _ => None,
        })
        .collect();
    assert_eq!(bodies.len(), 5);
    // local count 0, i32.const 4096, global.set 0
    let reset = [0x00, 0x41, 0x80, 0x20, 0x24, 0x00];
    let resets = bodies.iter().filter(|body| body.starts_with(&reset)).count();
    assert_eq!(resets, 2);
    assert!(!bodies[0].starts_with(&reset), "the inner function is as it was");
}

/// The functions that the body behind an export calls, in order.
fn calls_of(bytes: &[u8], export: &str) -> Vec<String> {
    let linked = LinkedModule::read(bytes).unwrap();
    let body = linked.info.body(linked.entries[export].function).unwrap();
    body.calls.iter().map(|callee| linked.names[callee].clone()).collect()
}

#[test]
fn constructors_run_in_start() {
    let guest = |constructors: &str, start: &str| {
        let text = format!(
            r#"(module
                (global $__stack_pointer (mut i32) (i32.const 4096))
                (global $x (mut i32) (i32.const 0))
                (memory (export "memory") 1)
                (func $ctors (export "__wasm_call_ctors") {constructors})
                (func (export "handle_request") (result i64) (i64.const 1))
                (func (export "handle_response") (param i32 i32)) {start})"#
        );
        let prepared = prepare_entries(&module(&text)).unwrap().bytes;
        valid(&prepared);
        prepared
    };
    let work = "(global.set $x (i32.const 1))";
    let deep = "(global.set $__stack_pointer (global.get $__stack_pointer))";
    let start = |body: &str| format!(r#"(func $begin (export "_start") {body})"#);

    let none = ["memory", "handle_request", "handle_response"];
    assert_eq!(exports_of(&guest("", "")), none, "there is nothing to construct");
    for (constructors, original, calls) in [
        (work, String::new(), vec!["ctors"]),
        (deep, String::new(), vec!["ctors"]),
        (work, start(work), vec!["ctors", "begin"]),
        (work, start(deep), vec!["ctors", "begin"]),
        (deep, start(deep), vec!["ctors", "begin"]),
    ] {
        let linked = guest(constructors, &original);
        assert_eq!(exports_of(&linked).last().unwrap(), "_start");
        assert_eq!(calls_of(&linked, "_start"), calls);
    }
}

#[test]
fn strip_drops_every_custom_section() {
    let stripped = strip(&module(GUEST)).unwrap();
    valid(&stripped);
    assert!(custom_sections(&stripped).is_empty());
    assert_eq!(exports_of(&stripped).len(), 6);
}

#[test]
fn what_is_no_module_is_an_error() {
    let whole = module(GUEST);
    for bytes in [&b""[..], b"\0asm", b"not wasm at all", &whole[..whole.len() / 2]] {
        assert!(prepare_entries(bytes).is_err(), "{bytes:?}");
    }
    let error = prepare_entries(b"not wasm at all").unwrap_err().to_string();
    assert!(error.starts_with("cannot rewrite the module: "), "{error}");
}
