//! How much stack a module needs, found without running it.
//!
//! A filter rarely recurses, so the answer is mostly exact: the frames along the deepest chain of
//! calls. An exact stack has two uses. Nothing can overflow it, however big the filter's buffers are;
//! and the data behind it lies at low addresses, whose constants take one or two bytes less each.
//!
//! This relies on how LLVM enters a function, `global.get $sp; i32.const frame; i32.sub` outside of
//! any block, and that it leaves the stack pointer as it found it. Where a function does something
//! else, or where calls form a cycle, the answer says that it is a lower bound only.

use wasmparser::{ElementItems, FunctionBody, Operator, Parser, Payload, TypeRef};

use super::facts::Facts;
use crate::calls::Body;

/// Bytes of stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Exactly so many.
    Exact(u32),
    /// So many, and perhaps more: there is recursion, or a frame of unknown size.
    AtLeast(u32),
}

/// One function.
#[derive(Debug, Default)]
struct Node {
    frame: u32,
    /// Whether `frame` is all that it takes.
    known: bool,
    body: Body,
}

/// Computes how much stack a linked module needs; it must still have its names.
///
/// # Errors
/// When the bytes are not a module that can be read.
pub fn stack_need(module: &[u8]) -> Result<Need, super::Error> {
    let facts = Facts::read(module)?;
    let Some(pointer) = facts.stack_pointer else { return Ok(Need::Exact(0)) };
    let mut graph = Graph::default();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    if let TypeRef::Func(_) | TypeRef::FuncExact(_) = import?.ty {
                        // The host has a stack of its own.
                        graph.nodes.push(Node { known: true, ..Node::default() });
                    }
                }
            }
            Payload::ElementSection(section) => {
                for element in section {
                    if let ElementItems::Functions(functions) = element?.items {
                        for function in functions {
                            graph.in_tables.push(function?);
                        }
                    } else {
                        graph.tables_known = false;
                    }
                }
            }
            Payload::CodeSectionEntry(body) => graph.nodes.push(Node::read(&body, pointer.global)?),
            _ => {}
        }
    }
    graph.states = vec![State::New; graph.nodes.len()];
    let mut need = 0;
    for entry in facts.entries.values() {
        need = need.max(graph.depth(entry.function));
    }
    Ok(if graph.exact { Need::Exact(need) } else { Need::AtLeast(need) })
}

#[derive(Debug, Clone, Copy)]
enum State {
    New,
    /// On the way from an entry to here: meeting it again is a cycle.
    Open,
    Done(u32),
}

#[derive(Debug)]
struct Graph {
    nodes: Vec<Node>,
    states: Vec<State>,
    /// What a call through a table may reach.
    in_tables: Vec<u32>,
    tables_known: bool,
    exact: bool,
}

impl Default for Graph {
    fn default() -> Self {
        Self {
            nodes: Vec::new(),
            states: Vec::new(),
            in_tables: Vec::new(),
            tables_known: true,
            exact: true,
        }
    }
}

impl Graph {
    /// The stack of a function and of everything that it may call.
    fn depth(&mut self, function: u32) -> u32 {
        let index = function as usize;
        match self.states.get(index) {
            Some(State::Done(depth)) => return *depth,
            Some(State::New) => {}
            Some(State::Open) | None => {
                self.exact = false;
                return 0;
            }
        }
        self.states[index] = State::Open;
        let node = &self.nodes[index];
        let (frame, mut callees) = (node.frame, node.body.calls.clone());
        let unknown = node.body.calls_unknown;
        self.exact &= node.known && (self.tables_known || !unknown);
        if unknown {
            callees.extend(&self.in_tables);
        }
        callees.sort_unstable();
        callees.dedup();
        let below = callees.into_iter().map(|callee| self.depth(callee)).max().unwrap_or(0);
        let depth = frame.saturating_add(below);
        self.states[index] = State::Done(depth);
        depth
    }
}

impl Node {
    fn read(body: &FunctionBody<'_>, stack_pointer: u32) -> wasmparser::Result<Self> {
        let mut node = Self { frame: 0, known: true, body: Body::read(body)? };
        let operators = body.get_operators_reader()?.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut depth = 0_u32;
        for (index, operator) in operators.iter().enumerate() {
            match operator {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => depth += 1,
                Operator::End => depth = depth.saturating_sub(1),
                Operator::GlobalGet { global_index } if *global_index == stack_pointer => {
                    let (frame, known) = frame(&operators[index + 1..]);
                    node.frame = node.frame.saturating_add(frame);
                    // In a block, it may be in a loop and take its frame many times.
                    node.known &= known && depth == 0;
                }
                Operator::RefFunc { .. } => node.known = false,
                _ => {}
            }
        }
        Ok(node)
    }
}

/// The frame that is taken from a stack pointer just read, and whether this is understood.
fn frame(after: &[Operator<'_>]) -> (u32, bool) {
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

    fn need(functions: &str) -> Need {
        let text = http_wasm_testkit::guest::module(&format!(
            "(global $__stack_pointer (mut i32) (i32.const 16384)) {functions}"
        ));
        stack_need(&wat::parse_str(text).unwrap()).unwrap()
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
        assert_eq!(need(&text), Need::Exact(1024 + 64 + 2048));
    }

    #[test]
    fn what_no_entry_reaches_does_not_count() {
        let text = function(REQUEST, 32, "") + &function("$unused", 4096, "");
        assert_eq!(need(&text), Need::Exact(32));
        assert_eq!(need(r#"(func (export "handle_request"))"#), Need::Exact(0));
    }

    #[test]
    fn a_leaf_that_does_not_move_the_pointer_counts() {
        let text = format!(
            "(func {REQUEST} (local $frame i32)
                global.get $__stack_pointer i32.const 48 i32.sub local.set $frame)"
        );
        assert_eq!(need(&text), Need::Exact(48));
    }

    #[test]
    fn recursion_makes_it_a_lower_bound() {
        let text = function(REQUEST, 16, "call $a")
            + &function("$a", 32, "call $b")
            + &function("$b", 64, "call $a");
        assert_eq!(need(&text), Need::AtLeast(16 + 32 + 64));
    }

    #[test]
    fn calls_through_a_table_reach_all_of_it() {
        let table = "(type $f (func)) (table funcref (elem $a $b))".to_owned()
            + &function("$a", 32, "")
            + &function("$b", 256, "");
        let text = table + &function(REQUEST, 16, "(call_indirect (type $f) (i32.const 0))");
        assert_eq!(need(&text), Need::Exact(16 + 256));
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
            assert!(matches!(need(&text), Need::AtLeast(16 | 32)), "{body} {:?}", need(&text));
        }
    }
}
