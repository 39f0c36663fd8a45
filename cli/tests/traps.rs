//! A host puts an instance back to work after its guest has trapped: the post-link passes must make that
//! harmless for the stack.

// Clippy's exception for tests does not reach their helpers.
#![allow(clippy::unwrap_used)]

use cargo_http_wasm::postlink;
use wasmtime::{Engine, Instance, Module, Store, TypedFunc};

/// Takes a frame of 1 KiB, writes to it, and traps while the global `fail` is set. Sixteen frames
/// are all there is: below the stack there is no memory.
const GUEST: &str = r#"(module
    (global $__stack_pointer (mut i32) (i32.const 16384))
    (memory (export "memory") 1)
    (func $frame (param $fail i32)
        (global.set $__stack_pointer (i32.sub (global.get $__stack_pointer) (i32.const 1024)))
        (i32.store (global.get $__stack_pointer) (i32.const 1))
        (if (local.get $fail) (then unreachable))
        (global.set $__stack_pointer (i32.add (global.get $__stack_pointer) (i32.const 1024))))
    (func (export "handle_request") (result i64)
        (call $frame (i32.const 0)) (i64.const 1))
    (func (export "handle_response") (param i32 i32)
        (call $frame (i32.const 1))))"#;

/// How many of these calls failed: 200 that trap, each followed by one that should succeed.
fn failures(module: &[u8]) -> u32 {
    let engine = Engine::default();
    let module = Module::new(&engine, module).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let request: TypedFunc<(), i64> =
        instance.get_typed_func(&mut store, "handle_request").unwrap();
    let response: TypedFunc<(i32, i32), ()> =
        instance.get_typed_func(&mut store, "handle_response").unwrap();
    let mut failures = 0;
    for _ in 0..200 {
        assert!(response.call(&mut store, (0, 0)).is_err(), "it always traps");
        match request.call(&mut store, ()) {
            Ok(next) => assert_eq!(next, 1),
            Err(_) => failures += 1,
        }
    }
    failures
}

#[test]
fn an_instance_survives_200_traps() {
    let module = wat::parse_str(GUEST).unwrap();
    assert!(failures(&module) > 180, "without the pass, the instance is dead after 16 traps");
    let linked = postlink::prepare_entries(&module).unwrap();
    assert_eq!(linked.reset, ["handle_request", "handle_response"]);
    assert_eq!(failures(&linked.bytes), 0);
    assert_eq!(failures(&postlink::strip(&linked.bytes).unwrap()), 0);
}
