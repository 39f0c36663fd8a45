//! Which function of a module calls which, as far as that can be known without running it.

use wasmparser::{FunctionBody, Operator};

/// What one function's body does.
#[derive(Debug, Default)]
pub(crate) struct Body {
    /// The functions that it calls by index.
    pub(crate) calls: Vec<u32>,
    /// Whether it calls through a table or a reference: the callee is not known.
    pub(crate) calls_unknown: bool,
    /// The globals that it reads or writes.
    pub(crate) globals: Vec<u32>,
    /// Whether it has no instruction but the last.
    pub(crate) is_empty: bool,
}

impl Body {
    pub(crate) fn read(body: &FunctionBody<'_>) -> wasmparser::Result<Self> {
        let mut result = Self { is_empty: true, ..Self::default() };
        for operator in body.get_operators_reader()? {
            let operator = operator?;
            result.is_empty &= matches!(operator, Operator::End);
            match operator {
                Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                    result.calls.push(function_index);
                }
                Operator::CallIndirect { .. }
                | Operator::ReturnCallIndirect { .. }
                | Operator::CallRef { .. }
                | Operator::ReturnCallRef { .. } => result.calls_unknown = true,
                Operator::GlobalGet { global_index } | Operator::GlobalSet { global_index } => {
                    result.globals.push(global_index);
                }
                _ => {}
            }
        }
        Ok(result)
    }
}

/// For each function of a module, imported ones first, whether it is marked or may call one that is.
/// `imported` and `bodies` give the marks of the functions themselves. A body whose callee is not
/// known counts as marked.
pub(crate) fn spread(
    imported: &[bool],
    bodies: &[Body],
    mark: impl Fn(&Body) -> bool,
) -> Vec<bool> {
    let mut marks = imported.to_vec();
    marks.extend(bodies.iter().map(|body| body.calls_unknown || mark(body)));
    loop {
        let mut changed = false;
        for (index, body) in bodies.iter().enumerate() {
            let index = index + imported.len();
            let marked = |callee: &u32| marks.get(*callee as usize).copied().unwrap_or(false);
            if !marks[index] && body.calls.iter().any(marked) {
                marks[index] = true;
                changed = true;
            }
        }
        if !changed {
            return marks;
        }
    }
}
