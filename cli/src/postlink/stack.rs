//! How much stack a module needs, found without running it.
//!
//! A filter rarely recurses, so the answer is mostly exact: the frames along the deepest chain of
//! calls. An exact stack has two uses. Nothing can overflow it, however big the filter's buffers are;
//! and the data behind it lies at low addresses, whose constants take one or two bytes less each.
//!
//! This relies on how LLVM enters a function, `global.get $sp; i32.const frame; i32.sub` outside of
//! any block, and that it leaves the stack pointer as it found it. Where a function does something
//! else, or where calls form a cycle, the answer says that it is a lower bound only.

use wasmparser::{BinaryReader, FunctionBody, Operator};

use super::linked::LinkedModule;
use http_wasm_host::module_info::{Body, CallGroup, ReadError};

/// Bytes of stack that a module needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StackSize {
    /// Exactly so many.
    Exact(u32),
    /// So many, and perhaps more: there is recursion, or a frame of unknown size.
    LowerBound(u32),
}

/// Computes how much stack a linked module needs; it must still have its names.
///
/// # Errors
/// When the bytes are not a module that can be read.
pub fn stack_size(module: &[u8]) -> Result<StackSize, super::Error> {
    let linked = LinkedModule::read(module)?;
    let Some(pointer) = linked.stack_pointer else { return Ok(StackSize::Exact(0)) };
    let info = &linked.info;
    let entries: Vec<_> = linked.entries.values().map(|entry| entry.function).collect();
    let mut depths = vec![0_u32; info.table_node() as usize + 1];
    let mut exact = true;
    for CallGroup { members, is_recursive } in info.call_groups(entries.iter().copied()) {
        exact &= !is_recursive;
        // A chain of calls can go through everything that calls each other.
        let (mut frames, mut below) = (0_u32, 0);
        for &node in &members {
            if node == info.table_node() {
                exact &= info.table_functions_known;
            }
            // The host's functions have a stack of their own.
            if let Some(body) = info.body(node) {
                let frame = Frame::of(module, body, pointer.global)?;
                frames = frames.saturating_add(frame.bytes);
                exact &= frame.is_known;
            }
            for callee in info.callees(node) {
                match depths.get(callee as usize) {
                    Some(depth) => below = below.max(*depth),
                    None => exact = false,
                }
            }
        }
        for &node in &members {
            depths[node as usize] = frames.saturating_add(below);
        }
    }
    let size = entries.iter().filter_map(|entry| depths.get(*entry as usize)).max();
    let size = size.copied().unwrap_or_default();
    Ok(if exact { StackSize::Exact(size) } else { StackSize::LowerBound(size) })
}

/// What one function takes of the stack.
struct Frame {
    bytes: u32,
    /// Whether that is all.
    is_known: bool,
}

impl Frame {
    fn of(module: &[u8], body: &Body, stack_pointer: u32) -> Result<Self, ReadError> {
        let mut found = Self { bytes: 0, is_known: true };
        let code = module.get(body.code.clone()).unwrap_or_default();
        let body = FunctionBody::new(BinaryReader::new(code, body.code.start));
        let operators = body.get_operators_reader()?.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut depth = 0_u32;
        for (index, operator) in operators.iter().enumerate() {
            match operator {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => depth += 1,
                Operator::End => depth = depth.saturating_sub(1),
                Operator::GlobalGet { global_index } if *global_index == stack_pointer => {
                    let (bytes, is_known) = taken(&operators[index + 1..]);
                    found.bytes = found.bytes.saturating_add(bytes);
                    // In a block, it may be in a loop and take its frame many times.
                    found.is_known &= is_known && depth == 0;
                }
                Operator::RefFunc { .. } => found.is_known = false,
                _ => {}
            }
        }
        Ok(found)
    }
}

/// What is taken from a stack pointer just read, and whether this is understood.
fn taken(after: &[Operator<'_>]) -> (u32, bool) {
    let [
        Operator::I32Const { value },
        Operator::I32Sub,
        Operator::LocalTee { .. } | Operator::LocalSet { .. } | Operator::GlobalSet { .. },
        ..,
    ] = after
    else {
        return (0, false);
    };
    (u32::try_from(*value).unwrap_or(0), *value >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(functions: &str) -> StackSize {
        let text = http_wasm_testkit::guest::module(&format!(
            "(global $__stack_pointer (mut i32) (i32.const 16384)) {functions}"
        ));
        stack_size(&wat::parse_str(text).unwrap()).unwrap()
    }

    fn function(head: &str, frame: u32, body: &str) -> String {
        format!(
            "(func {head} (local $frame i32)
                global.get $__stack_pointer i32.const {frame} i32.sub local.tee $frame
                global.set $__stack_pointer
                {body}
                local.get $frame i32.const {frame} i32.add global.set $__stack_pointer)"
        )
    }

    const REQUEST: &str = r#"(export "handle_request")"#;

    #[test]
    fn frames_add_up_along_the_deepest_chain() {
        let text = function(REQUEST, 1024, "call $a call $b")
            + &function("$a", 64, "call $c")
            + &function("$b", 16, "call $c")
            + &function("$c", 2048, "i32.const 0 i32.const 0 call $set_uri");
        assert_eq!(need(&text), StackSize::Exact(1024 + 64 + 2048));
    }

    #[test]
    fn what_no_entry_reaches_does_not_count() {
        let text = function(REQUEST, 32, "") + &function("$unused", 4096, "");
        assert_eq!(need(&text), StackSize::Exact(32));
        assert_eq!(need(r#"(func (export "handle_request"))"#), StackSize::Exact(0));
    }

    #[test]
    fn a_leaf_that_does_not_move_the_pointer_counts() {
        let text = format!(
            "(func {REQUEST} (local $frame i32)
                global.get $__stack_pointer i32.const 48 i32.sub local.set $frame)"
        );
        assert_eq!(need(&text), StackSize::Exact(48));
    }

    #[test]
    fn recursion_makes_it_a_lower_bound() {
        let text = function(REQUEST, 16, "call $a")
            + &function("$a", 32, "call $b")
            + &function("$b", 64, "call $a");
        assert_eq!(need(&text), StackSize::LowerBound(16 + 32 + 64));
    }

    #[test]
    fn calls_through_a_table_reach_all_of_it() {
        let table = "(type $f (func)) (table funcref (elem $a $b))".to_owned()
            + &function("$a", 32, "")
            + &function("$b", 256, "");
        let text = table + &function(REQUEST, 16, "(call_indirect (type $f) (i32.const 0))");
        assert_eq!(need(&text), StackSize::Exact(16 + 256));
    }

    #[test]
    fn frames_that_are_not_understood_make_it_a_lower_bound() {
        for body in [
            // Taken in a loop.
            "(loop (global.set $__stack_pointer
                (i32.sub (global.get $__stack_pointer) (i32.const 16))))",
            // Of a size that is computed.
            "(global.set $__stack_pointer
                (i32.sub (global.get $__stack_pointer) (local.get $frame)))",
            // Aligned.
            "(global.set $__stack_pointer (i32.and
                (i32.sub (global.get $__stack_pointer) (i32.const 16)) (i32.const -64)))",
        ] {
            let text = function(REQUEST, 16, body);
            assert!(
                matches!(need(&text), StackSize::LowerBound(16 | 32)),
                "{body} {:?}",
                need(&text)
            );
        }
    }
}
