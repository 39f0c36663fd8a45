//! Which guests cannot run for long, whatever they are given.
//!
//! A function without loops, whose calls are all to known functions that are likewise, executes a
//! bounded number of instructions. Most small filters are of this kind. A host can call them
//! directly, where others have to be ready to yield.

use http_wasm_abi::exports;

use crate::module_info::{CallGroup, ModuleInfo};

/// The most instructions that count as not for long: they take about a tenth of a millisecond.
const MAX_INSTRUCTIONS: u64 = 100_000;
/// What a call of a host function counts as, in instructions.
const HOST_CALL: u64 = 1_000;

/// Whether the response hook of a module is there and does nothing at all.
pub(super) fn has_idle_response_hook(info: &ModuleInfo) -> bool {
    let hook = info.exported_function(exports::HANDLE_RESPONSE);
    hook.and_then(|hook| info.body(hook)).is_some_and(|body| body.is_empty())
}

/// Whether every call into this module from outside executes few instructions.
pub(super) fn is_bounded(info: &ModuleInfo) -> bool {
    let mut costs = vec![None; info.table_node() as usize + 1];
    for CallGroup { members, is_recursive } in info.call_groups(info.entries()) {
        if let ([function], false) = (members.as_slice(), is_recursive) {
            costs[*function as usize] = cost(info, *function, &costs);
        }
    }
    info.entries().all(|entry| {
        let cost = costs.get(entry as usize).copied().flatten();
        cost.is_some_and(|cost| cost <= MAX_INSTRUCTIONS)
    })
}

/// The most instructions of a call, from those of its callees; `None` where there is no such number.
fn cost(info: &ModuleInfo, function: u32, costs: &[Option<u64>]) -> Option<u64> {
    if function < info.imported_functions {
        return Some(HOST_CALL);
    }
    let body = info.body(function)?;
    if body.may_run_long || body.calls_unknown {
        return None;
    }
    body.calls.iter().try_fold(body.instructions.into(), |total: u64, &callee| {
        total.checked_add(*costs.get(callee as usize)?.as_ref()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> ModuleInfo {
        let module = wat::parse_str(text).expect("the text is a module");
        ModuleInfo::read(&module).expect("the module can be read")
    }

    fn guest(functions: &str) -> bool {
        let text = http_wasm_testkit::guest::module(&format!("(table 1 funcref) {functions}"));
        is_bounded(&read(&text))
    }

    #[test]
    fn straight_code_is_bounded() {
        assert!(guest(
            r#"(func $twice (call $log (i32.const 0) (i32.const 0) (i32.const 1)))
            (func (export "handle_request") (result i64)
              (if (i32.load (i32.const 0)) (then (call $twice) (call $twice)))
              (i64.const 1))"#
        ));
    }

    #[test]
    fn loops_recursion_and_unknown_callees_are_not() {
        for body in [
            "(loop $again (br $again)) (i64.const 1)",
            "(call $self)",
            "(call_indirect (i32.const 0)) (i64.const 1)",
            "(memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) (i64.const 1)",
            "(drop (memory.grow (i32.const 1))) (i64.const 1)",
        ] {
            let text = format!(r#"(func $self (export "handle_request") (result i64) {body})"#);
            assert!(!guest(&text), "{body}");
        }
    }

    #[test]
    fn what_is_not_reached_does_not_matter() {
        assert!(guest(
            r#"(func (loop $again (br $again)))
            (func (export "other") (loop $again (br $again)))
            (func (export "handle_request") (result i64) (i64.const 1))"#
        ));
    }

    #[test]
    fn calls_that_double_at_each_level_are_counted() {
        let mut text = "(func $f0 (nop))".to_owned();
        for level in 1..40 {
            text += &format!("(func $f{level} (call $f{0}) (call $f{0}))", level - 1);
        }
        let entry = |f| {
            format!(r#"(func (export "handle_request") (result i64) (call $f{f}) (i64.const 1))"#)
        };
        assert!(guest(&(text.clone() + &entry(4))));
        assert!(!guest(&(text + &entry(39))));
    }

    #[test]
    fn a_response_hook_that_does_nothing_is_known() {
        let guest = |hook: &str| {
            let text = format!(
                r#"(module (memory (export "memory") 1)
                (func (export "handle_request") (result i64) (i64.const 1))
                (func (export "handle_response") (param i32 i32) {hook}))"#
            );
            has_idle_response_hook(&read(&text))
        };
        assert!(guest(""));
        assert!(!guest("unreachable"));
    }
}
