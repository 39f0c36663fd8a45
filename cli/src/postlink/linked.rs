//! What the passes need to know of a linked module before they rewrite it: where the stack pointer
//! is, and which exported functions may move it.

use std::collections::BTreeMap;

use http_wasm_host::module_info::{Body, ItemType, ModuleInfo, Names, ReadError};

/// The name that LLVM's linker gives to the global which holds the address of the stack's top.
const STACK_POINTER: &str = "__stack_pointer";

/// The stack pointer of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StackPointer {
    /// Index of the global.
    pub(super) global: u32,
    /// What it holds before any code ran.
    pub(super) initial: i32,
}

/// An exported function that exists in the module itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Index of the function.
    pub(super) function: u32,
    /// Index of its type.
    pub(super) ty: u32,
    /// How many arguments it takes.
    pub(super) params: u32,
    /// Whether it, or anything it may call, moves the stack pointer.
    pub(super) uses_stack: bool,
    /// Whether its body does nothing.
    pub(super) is_empty: bool,
}

/// A module as the linker wrote it, with its names.
#[derive(Debug, Default)]
pub(super) struct LinkedModule {
    pub(super) info: ModuleInfo,
    /// The stack pointer, when the module has one and names it.
    pub(super) stack_pointer: Option<StackPointer>,
    /// Exported functions by the name of the export.
    pub(super) entries: BTreeMap<String, Entry>,
    /// The names of functions, where the module has them.
    pub(super) names: BTreeMap<u32, String>,
}

impl LinkedModule {
    pub(super) fn read(module: &[u8]) -> Result<Self, ReadError> {
        let info = ModuleInfo::read(module)?;
        let names = Names::read(module)?;
        let named = names.globals.iter().find(|(_, name)| *name == STACK_POINTER);
        let stack_pointer = named.and_then(|(&global, _)| {
            Some(StackPointer { global, initial: info.initial_value(global)? })
        });
        let functions = info.exports.iter().filter(|item| matches!(item.ty, ItemType::Function(_)));
        let entries: Vec<_> =
            functions.filter_map(|export| Some((export, info.body(export.index)?))).collect();
        let moves_stack = |body: &Body| {
            stack_pointer.is_some_and(|pointer| body.globals.contains(&pointer.global))
        };
        let users = info.may_reach(entries.iter().map(|(export, _)| export.index), |function| {
            info.body(function).is_some_and(moves_stack)
        });
        let entries = entries
            .into_iter()
            .filter_map(|(export, body)| {
                let entry = Entry {
                    function: export.index,
                    ty: info.type_index(export.index)?,
                    params: info.function_type(export.index).param_count() as u32,
                    uses_stack: stack_pointer.is_some() && users[export.index as usize],
                    is_empty: body.is_empty(),
                };
                Some((export.name.clone(), entry))
            })
            .collect();
        Ok(Self { stack_pointer, entries, names: names.functions, info })
    }
}
