//! What one function does, as far as that can be known without running it.

use std::ops::Range;

use wasmparser::{FunctionBody, Operator};

/// What one function's body does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// Where its code lies in the module.
    pub code: Range<usize>,
    /// How many instructions it has, the last `end` included.
    pub instructions: u32,
    /// The functions that it calls by index, each as often as it stands there.
    pub calls: Vec<u32>,
    /// The calls whose last argument is an `i32.const`: callee and argument.
    pub constant_calls: Vec<(u32, i32)>,
    /// Whether it calls through a table or a reference: the callee is not known.
    pub calls_unknown: bool,
    /// The globals that it reads or writes.
    pub globals: Vec<u32>,
    /// Whether it has a loop, or an instruction that takes as long as its arguments say.
    pub may_run_long: bool,
}

impl Body {
    /// Whether it does nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.instructions == 1
    }

    pub(super) fn read(body: &FunctionBody<'_>) -> wasmparser::Result<Self> {
        let mut found = Self { code: body.range(), ..Self::default() };
        let mut constant = None;
        for operator in body.get_operators_reader()? {
            found.instructions += 1;
            let argument = constant.take();
            match operator? {
                Operator::I32Const { value } => constant = Some(value),
                Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                    found.calls.push(function_index);
                    found
                        .constant_calls
                        .extend(argument.map(|argument| (function_index, argument)));
                }
                Operator::CallIndirect { .. }
                | Operator::ReturnCallIndirect { .. }
                | Operator::CallRef { .. }
                | Operator::ReturnCallRef { .. } => found.calls_unknown = true,
                // Most functions use one global, the stack pointer.
                Operator::GlobalGet { global_index } | Operator::GlobalSet { global_index }
                    if found.globals.last() != Some(&global_index) =>
                {
                    found.globals.push(global_index);
                }
                Operator::Loop { .. }
                | Operator::MemoryFill { .. }
                | Operator::MemoryCopy { .. }
                | Operator::MemoryInit { .. }
                | Operator::MemoryGrow { .. }
                | Operator::TableFill { .. }
                | Operator::TableCopy { .. }
                | Operator::TableInit { .. }
                | Operator::TableGrow { .. } => found.may_run_long = true,
                _ => {}
            }
        }
        Ok(found)
    }
}
