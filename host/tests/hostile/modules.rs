//! Modules that are no guests, or too much of one.

use http_wasm_host::module_info::InterfaceFault;

use super::*;

fn refused(wat: &str) -> LoadError {
    match Bench::with(wat, options()) {
        Err(Refused::Load(error)) => error,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was loaded"),
    }
}

#[tokio::test]
async fn a_start_that_traps_is_refused() {
    let refused = Bench::with(&guest("", "unreachable", "(i64.const 1)", ""), options()).err();
    assert!(matches!(refused, Some(Refused::Start(StartError::Trap { .. }))), "{refused:?}");
}

#[tokio::test]
async fn exports_and_imports_of_other_types_are_refused() {
    let wat = r#"(module (memory (export "memory") 1)
        (func (export "handle_request") (result i32) (i32.const 1))
        (func (export "handle_response") (param i32 i32)))"#;
    assert!(matches!(
        refused(wat),
        LoadError::Interface(InterfaceFault::ExportType { name: "handle_request", .. })
    ));
    let wat = r#"(module (import "http_handler" "log" (func (param i64))) (memory (export "memory") 1)
        (func (export "handle_request") (result i64) (i64.const 1))
        (func (export "handle_response") (param i32 i32)))"#;
    assert!(matches!(refused(wat), LoadError::Interface(InterfaceFault::ImportType { .. })));
    let wat = r#"(module (global (export "memory") i32 (i32.const 1))
        (func (export "handle_request") (result i64) (i64.const 1))
        (func (export "handle_response") (param i32 i32)))"#;
    assert!(matches!(
        refused(wat),
        LoadError::Interface(InterfaceFault::ExportType { name: "memory", .. })
    ));
}

#[tokio::test]
async fn unknown_imports_are_refused() {
    for (module, name) in [(MODULE, "open_file"), ("env", "abort"), ("", "")] {
        let wat = format!(
            r#"(module (import "{module}" "{name}" (func)) (memory (export "memory") 1)
            (func (export "handle_request") (result i64) (i64.const 1))
            (func (export "handle_response") (param i32 i32)))"#
        );
        assert!(
            matches!(refused(&wat), LoadError::Interface(InterfaceFault::UnknownImport { .. })),
            "{module}.{name}"
        );
    }
}

#[tokio::test]
async fn a_module_of_50_mb_is_refused_before_it_is_compiled() {
    let mut wasm = wat::parse_str(good()).unwrap();
    // A custom section of 50 MB: its id, its length in LEB128, its name and nothing.
    let length: u32 = 50_000_000;
    wasm.push(0);
    let mut rest = length;
    while rest >= 0x80 {
        wasm.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    wasm.push(rest as u8);
    wasm.extend(std::iter::repeat_n(0_u8, length as usize));
    let engine = Engine::new(options()).unwrap();
    let error = engine.module(&wasm).err().expect("it is refused");
    let LoadError::TooLong { found, limit } = error else { panic!("{error}") };
    assert!(found > 50_000_000 && limit == 16 << 20);
    // Who wants it can have it.
    let engine = Engine::new(Options { module_limit: 64 << 20, ..options() }).unwrap();
    assert!(engine.module(&wasm).is_ok());
}

#[tokio::test]
async fn more_functions_than_the_limit_are_refused_before_they_are_compiled() {
    let module = |count: usize| guest(&"(func)".repeat(count), "", "(i64.const 1)", "");
    let LoadError::Functions { found, limit } = refused(&module(200_000)) else { panic!() };
    assert!(found > 200_000 && limit == 50_000);
    let options = Options { function_limit: 100, ..options() };
    let engine = Engine::new(options).unwrap();
    for (count, is_good) in [(90, true), (110, false)] {
        assert_eq!(engine.module(&wat::parse_str(module(count)).unwrap()).is_ok(), is_good);
    }
}

#[tokio::test]
async fn a_function_that_would_be_compiled_for_minutes_is_refused() {
    let module = |count: usize| {
        let body = "(if (local.get 0) (then (local.set 0 (local.get 1))))".repeat(count);
        guest(&format!("(func (param i32 i32) {body})"), "", "(i64.const 1)", "")
    };
    let LoadError::FunctionTooLong { found, limit } = refused(&module(100_000)) else { panic!() };
    assert!(found > limit && limit == 512 << 10);
    let options = Options { function_length_limit: 1_000, ..options() };
    let engine = Engine::new(options).unwrap();
    for (count, is_good) in [(90, true), (120, false)] {
        assert_eq!(engine.module(&wat::parse_str(module(count)).unwrap()).is_ok(), is_good);
    }
}

#[tokio::test]
async fn thousands_of_exports_do_no_harm() {
    let exports: String =
        (0..5_000).map(|number| format!("(func (export \"f{number}\"))\n")).collect();
    let bench = Bench::new(&guest(&exports, "", "(i64.const 1)", ""));
    assert_eq!(bench.attack().await.expect("an answer").status(), 200);
}

#[tokio::test]
async fn a_memory_that_begins_above_the_limit_is_refused() {
    let wat = good().replace("(export \"memory\") 1)", "(export \"memory\") 65)");
    assert!(matches!(refused(&wat), LoadError::Memory { .. }));
}

#[tokio::test]
async fn a_table_that_begins_above_the_limit_is_refused() {
    let wat = good().replace("(memory", "(table 20001 funcref) (memory");
    let refused = Bench::with(&wat, options()).err().expect("it is refused");
    assert!(refused.to_string().contains("table"), "{refused}");
}

#[tokio::test]
async fn bytes_that_are_no_module_are_refused() {
    let engine = Engine::new(options()).unwrap();
    let good = wat::parse_str(good()).unwrap();
    let loads = |length: &usize| engine.module(&good[..*length]).is_ok();
    // Of the parts that come last a guest needs none: data, and the names of functions.
    let loaded: Vec<_> = (0..good.len()).filter(loads).collect();
    assert!(loaded.len() <= 2, "{loaded:?}");
    for noise in [&b""[..], b"\0asm", b"\0asm\x01\0\0\0", b"#!/bin/sh", &[0xff; 1_000]] {
        assert!(engine.module(noise).is_err());
    }
}
