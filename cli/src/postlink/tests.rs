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
    let linked = link(&module(GUEST)).unwrap();
    valid(&linked.bytes);
    assert_eq!(
        exports_of(&linked.bytes),
        ["memory", "handle_request", "handle_response", "_start"]
    );
    assert_eq!(linked.dropped, ["__data_end", "_initialize"]);
    assert_eq!(custom_sections(&linked.bytes), ["name"]);
}

#[test]
fn only_entries_that_reach_the_stack_reset_it() {
    let linked = link(&module(GUEST)).unwrap();
    assert_eq!(linked.reset, ["handle_request"]);
    let facts = Facts::read(&linked.bytes).unwrap();
    let entry = &facts.entries["handle_request"];
    assert_eq!(entry.function, facts.functions - 1, "the export is the function that was added");
    assert_eq!(facts.names[&entry.function], "handle_request");
}

#[test]
fn a_call_through_a_table_may_reach_the_stack() {
    let linked = link(&module(
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
    valid(&linked.bytes);
    assert_eq!(linked.reset, ["handle_request"]);
}

#[test]
fn a_module_without_a_named_stack_pointer_gets_no_reset() {
    for global in [
        "(global $other (mut i32) (i32.const 4096))",
        "(global $__stack_pointer i32 (i32.const 4096))",
        "(global $base i32 (i32.const 1)) (global $__stack_pointer (mut i32) (global.get $base))",
        r#"(import "env" "sp" (global $__stack_pointer (mut i32)))"#,
    ] {
        let linked = link(&module(&format!(
            r#"(module {global}
                (memory (export "memory") 1)
                (func (export "handle_request") (result i64) (i64.const 1))
                (func (export "handle_response") (param i32 i32)))"#
        )))
        .unwrap();
        valid(&linked.bytes);
        assert!(linked.reset.is_empty(), "{global}");
    }
}

#[test]
fn an_entry_that_is_called_from_inside_keeps_its_callers_frame() {
    // `_start` holds a frame while it calls the function behind `handle_request`: the reset must
    // be at the export only.
    let linked = link(&module(
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
    valid(&linked.bytes);
    assert_eq!(linked.reset, ["_start", "handle_request"]);
    let bodies: Vec<_> = Parser::new(0)
        .parse_all(&linked.bytes)
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
    let facts = Facts::read(bytes).unwrap();
    let mut index = facts.entries[export].function;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.unwrap() {
            wasmparser::Payload::ImportSection(section) => index -= section.count(),
            wasmparser::Payload::CodeSectionEntry(body) => {
                if index == 0 {
                    let body = crate::calls::Body::read(&body).unwrap();
                    return body.calls.iter().map(|callee| facts.names[callee].clone()).collect();
                }
                index -= 1;
            }
            _ => {}
        }
    }
    Vec::new()
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
        let linked = link(&module(&text)).unwrap().bytes;
        valid(&linked);
        linked
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
        assert!(link(bytes).is_err(), "{bytes:?}");
    }
    let error = link(b"not wasm at all").unwrap_err().to_string();
    assert!(error.starts_with("cannot rewrite the module: "), "{error}");
}
