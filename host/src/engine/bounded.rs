//! Which guests cannot run for long, whatever they are given.
//!
//! A function without loops, whose calls are all to known functions that are likewise, executes a
//! bounded number of instructions. Most small filters are of this kind. A host can call them
//! directly, where others have to be ready to yield.

use http_wasm_abi::exports;
use wasmparser::{ExternalKind, FunctionBody, Operator, Parser, Payload, TypeRef};

/// The most instructions that count as not for long: they take about a tenth of a millisecond.
const FEW: u64 = 100_000;
/// What a call of a host function counts as, in instructions.
const HOST_CALL: u64 = 1_000;
/// Calls nested deeper than this are not looked into, for the sake of this host's own stack.
const DEEP: usize = 200;

/// Whether the response hook of a module is there and does nothing at all.
pub(super) fn has_idle_response_hook(wasm: &[u8]) -> bool {
    let found = Read::of(wasm).ok().and_then(|read| {
        let own = (read.response? as usize).checked_sub(read.imported)?;
        read.functions.get(own).map(|function| function.instructions)
    });
    // The one instruction is the end.
    found == Some(1)
}

#[derive(Default)]
struct Function {
    instructions: u64,
    calls: Vec<u32>,
    /// It has a loop, or what takes as long as its arguments say.
    unbounded: bool,
}

/// Whether every call into this module from outside executes few instructions. A module that cannot
/// be read is not for this function to refuse: it is not bounded.
pub(super) fn is_bounded(wasm: &[u8]) -> bool {
    Read::of(wasm).is_ok_and(|read| read.is_bounded())
}

/// How many pages of memory a module begins with, as far as that can be read; known before it is
/// compiled, for an engine whose space is too small for it.
pub(super) fn first_pages(wasm: &[u8]) -> Option<u64> {
    let payloads = Parser::new(0).parse_all(wasm);
    payloads.map_while(Result::ok).find_map(|payload| match payload {
        Payload::MemorySection(memories) => Some(memories.into_iter().next()?.ok()?.initial),
        _ => None,
    })
}

/// What was found in a module.
#[derive(Default)]
struct Read {
    /// How many functions are imported.
    imported: usize,
    functions: Vec<Function>,
    /// The functions that a host calls.
    entries: Vec<u32>,
    /// The one of them that is the response hook.
    response: Option<u32>,
}

impl Read {
    fn of(wasm: &[u8]) -> wasmparser::Result<Self> {
        let mut read = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        if matches!(import?.ty, TypeRef::Func(_)) {
                            read.imported += 1;
                        }
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        let is_called =
                            exports::FUNCTIONS.iter().any(|(name, ..)| *name == export.name);
                        if export.kind != ExternalKind::Func || !is_called {
                            continue;
                        }
                        read.entries.push(export.index);
                        if export.name == exports::HANDLE_RESPONSE {
                            read.response = Some(export.index);
                        }
                    }
                }
                Payload::StartSection { func, .. } => read.entries.push(func),
                Payload::CodeSectionEntry(body) => read.functions.push(function(&body)?),
                _ => {}
            }
        }
        Ok(read)
    }

    fn is_bounded(&self) -> bool {
        let mut costs = vec![None; self.functions.len()];
        self.entries.iter().all(|&entry| {
            let cost = cost(entry, self.imported, &self.functions, &mut costs, 0);
            cost.is_some_and(|cost| cost <= FEW)
        })
    }
}

fn function(body: &FunctionBody<'_>) -> wasmparser::Result<Function> {
    let mut found = Function::default();
    for operator in body.get_operators_reader()? {
        found.instructions += 1;
        match operator? {
            Operator::Call { function_index } => found.calls.push(function_index),
            Operator::Loop { .. }
            | Operator::CallIndirect { .. }
            | Operator::MemoryFill { .. }
            | Operator::MemoryCopy { .. }
            | Operator::MemoryInit { .. }
            | Operator::MemoryGrow { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. }
            | Operator::TableGrow { .. } => found.unbounded = true,
            _ => {}
        }
    }
    Ok(found)
}

/// The most instructions of a call; `None` where there is no such number. A function that is being
/// computed has a cost without end, and so has what recurses to it.
fn cost(
    index: u32,
    imported: usize,
    functions: &[Function],
    costs: &mut [Option<Option<u64>>],
    depth: usize,
) -> Option<u64> {
    let Some(own) = (index as usize).checked_sub(imported) else { return Some(HOST_CALL) };
    if let Some(known) = *costs.get(own)? {
        return known;
    }
    let function = &functions[own];
    if function.unbounded || depth > DEEP {
        return None;
    }
    costs[own] = Some(None);
    let mut total = function.instructions;
    for &callee in &function.calls {
        total = total.checked_add(cost(callee, imported, functions, costs, depth + 1)?)?;
    }
    costs[own] = Some(Some(total));
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::is_bounded;

    fn guest(functions: &str) -> bool {
        let text = http_wasm_testkit::guest::module(&format!("(table 1 funcref) {functions}"));
        is_bounded(&wat::parse_str(text).expect("the text is a module"))
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
            super::has_idle_response_hook(&wat::parse_str(&text).expect("the text is a module"))
        };
        assert!(guest(""));
        assert!(!guest("unreachable"));
        assert!(!super::has_idle_response_hook(b"no module"));
    }

    #[test]
    fn bytes_that_are_no_module_are_not() {
        assert!(!is_bounded(b"no module"));
    }
}
