//! What a module must be like to be a guest.

use super::*;

#[test]
fn every_function_of_the_table_can_be_linked() {
    let imports: String = FUNCTIONS.into_iter().map(guest_text::import).collect();
    let module = load(&guest_with(&imports, GO_ON, ""));
    let pool = Pool::new(module, Settings::default()).expect("the guest starts");
    assert_eq!(run(&pool).trap, None);
}

#[test]
fn missing_exports_are_named() {
    let missing = |text: &str, name: &'static str, wanted: Option<Signature>| {
        assert_eq!(refused(text), InterfaceFault::MissingExport { name, wanted }.into());
    };
    missing("(module)", "memory", None);
    missing(
        r#"(module (memory (export "memory") 1))"#,
        "handle_request",
        Some(exports::HANDLE_REQUEST_SIGNATURE),
    );
    missing(
        r#"(module (memory (export "memory") 1)
            (func (export "handle_request") (result i64) (i64.const 0)))"#,
        "handle_response",
        Some(exports::HANDLE_RESPONSE_SIGNATURE),
    );
    assert_eq!(
        refused("(module)").to_string(),
        "export memory: is missing; the host reads and writes every argument there; export the linear memory under this name"
    );
}

#[test]
fn exports_of_the_wrong_type_are_named() {
    let request = r#"(module (memory (export "memory") 1)
        (func (export "handle_request") (result i32) (i32.const 0))
        (func (export "handle_response") (param i32 i32)))"#;
    assert_eq!(
        refused(request).to_string(),
        "export handle_request: found () -> i32, wanted () -> i64; give the function this type"
    );
    let response = r#"(module (memory (export "memory") 1)
        (func (export "handle_request") (result i64) (i64.const 0))
        (func (export "handle_response") (param i32)))"#;
    assert_eq!(
        refused(response).to_string(),
        "export handle_response: found (i32) -> (), wanted (i32, i32) -> (); give the function this type"
    );
    let start = guest_with("(func (export \"_start\") (param i64))", GO_ON, "");
    assert_eq!(
        refused(&start).to_string(),
        "export _start: found (i64) -> (), wanted () -> (); give the function this type"
    );
    let memory =
        guest_with(r#"(memory 1) (global (export "memory") i32 (i32.const 0))"#, GO_ON, "");
    assert_eq!(
        refused(&memory).to_string(),
        "export memory: found a global, wanted a memory; export the linear memory under this name"
    );
}

#[test]
fn imports_that_no_host_has_are_named() {
    let import =
        |import: &str| refused(&guest_with(&format!("(import {import})"), GO_ON, "")).to_string();
    let unknown = import(r#""http_handler" "get_time" (func (result i64))"#);
    assert!(
        unknown.starts_with("import http_handler.get_time: the ABI has no function of this name; use one of enable_features, get_config, "),
        "{unknown}"
    );
    assert_eq!(
        import(r#""http_handler" "get_status_code" (func (param i32) (result i64))"#),
        "import http_handler.get_status_code: found (i32) -> i64, wanted () -> i32; declare the import with this type"
    );
    assert_eq!(
        import(r#""http_handler" "get_uri" (global i32)"#),
        "import http_handler.get_uri: found a global, wanted a function (i32, i32) -> i32; declare the import with this type"
    );
    assert_eq!(
        import(r#""env" "abort" (func)"#),
        "import env.abort: no host has a module \"env\"; import functions of http_handler only; often this is a function that was declared and not linked"
    );
    assert_eq!(
        import(r#""wasi_snapshot_preview1" "fd_teleport" (func)"#),
        "import wasi_snapshot_preview1.fd_teleport: preview 1 of WASI has no function of this name; compile for wasm32-wasip1, or without WASI for wasm32v1-none"
    );
    assert_eq!(
        import(
            r#""wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i64) (result i32))"#
        ),
        "import wasi_snapshot_preview1.fd_write: found (i32, i32, i32, i64) -> i32, wanted (i32, i32, i32, i32) -> i32; declare the import with this type"
    );
}

#[test]
fn a_function_that_the_profile_lacks_is_refused_at_load() {
    let text = guest_with(&guest_text::import(Function::GetSourceAddr), GO_ON, "");
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
fn a_guest_that_begins_too_big_is_refused() {
    let error = refused(&guest_with(r#"(memory (export "memory") 2000)"#, GO_ON, ""));
    assert_eq!(
        error.to_string(),
        "the guest begins with 131072000 bytes of memory (2000 pages), wanted at most 67108864; give it a smaller stack or less static data, or raise the limit"
    );
}

#[test]
fn broken_modules_are_refused_without_a_crash() {
    let good = wat::parse_str(guest_with("", GO_ON, "")).expect("the text is right");
    for end in 0..good.len() {
        assert!(Module::new(&good[..end], Options::default()).is_err(), "cut at {end}");
    }
    // One byte changed at a time: some of these are modules, none may bring the host down.
    let mut loaded = 0;
    for at in 8..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 0x15;
        loaded += usize::from(Module::new(&bytes, Options::default()).is_ok());
    }
    assert!(loaded < good.len() - 8);
}
