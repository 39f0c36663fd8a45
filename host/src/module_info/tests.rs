//! What is read of a module, and what of one that is not valid.

use super::*;

fn read(text: &str) -> ModuleInfo {
    ModuleInfo::read(&wat::parse_str(text).expect("the text is a module")).expect("readable")
}

#[test]
fn types_are_shown_as_the_abi_shows_them() {
    let info = read(
        r#"(module
            (import "http_handler" "log" (func (param i32 i32 i32)))
            (func (export "two") (param f64) (result i32 i64) unreachable)
            (memory (export "memory") 3)
            (global (export "global") (mut i32) (i32.const 7)))"#,
    );
    let shown: Vec<_> = info.exports.iter().map(|export| export.ty.to_string()).collect();
    assert_eq!(shown, ["(f64) -> (i32, i64)", "memory", "global"]);
    assert!(info.imports[0].ty.is_function(Function::Log.signature()));
    assert_eq!(info.imports[0].ty.to_string(), Function::Log.signature().to_string());
    assert!(info.imports_function(Function::Log) && !info.imports_function(Function::GetUri));
    assert_eq!(info.memories, [Memory { initial_pages: 3, is_imported: false }]);
    assert_eq!((info.initial_value(0), info.initial_value(1)), (Some(7), None));
    assert_eq!((info.exported_function("two"), info.exported_function("memory")), (Some(1), None));
}

#[test]
fn more_items_than_an_engine_takes_are_refused_unread() {
    let section = |id: u8, count: [u8; 4]| [&b"\0asm\x01\0\0\0"[..], &[id, 4], &count].concat();
    // 1,000,001 in LEB128.
    for id in [1, 2, 3, 6, 7, 9] {
        let error = ModuleInfo::read(&section(id, [0xc1, 0x84, 0xbd, 0x00])).unwrap_err();
        assert!(error.to_string().contains("more than 1000000 items"), "{id}: {error}");
    }
}

#[test]
fn what_makes_no_sense_is_read_without_a_panic() {
    // An export, a start section and a call of functions that are not there.
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    module.extend(*b"\x01\x04\x01\x60\0\0\x03\x02\x01\x09\x07\x05\x01\x01f\0\x63\x08\x01\x63");
    module.extend(*b"\x0a\x06\x01\x04\0\x10\x63\x0b");
    let info = ModuleInfo::read(&module).expect("it is no valid module, and can be read");
    assert_eq!(info.exports[0].ty.to_string(), "a function without a type");
    assert!(info.call_groups([0, 0x63]).iter().all(|group| group.members == [0]));
    assert_eq!(info.body(0x63), None);
    assert_eq!(interface_faults(&info).count(), 3);
}
