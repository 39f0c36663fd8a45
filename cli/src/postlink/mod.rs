//! The passes between the linker's output and the optimiser.
//!
//! [`prepare_entries`] keeps only the exports that a host calls, and makes each of them begin by setting the
//! stack pointer to its initial value. Hosts put an instance whose guest has trapped back to work,
//! and a trap does not unwind the stack pointer: without the reset an instance dies for good after
//! some traps. The reset pays for itself: it tells the optimiser that frames of entry functions lie
//! at known addresses.
//!
//! [`strip`] drops what no host reads: names and all other custom sections.

mod linked;
mod stack;

use std::collections::BTreeMap;
use std::convert::Infallible;

use http_wasm_abi::exports;
use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, Module, NameMap, NameSection,
};
use wasmparser::{ExternalKind, Parser};

use linked::{Entry, LinkedModule, StackPointer};

use http_wasm_host::module_info::ReadError;

pub use stack::{StackSize, stack_size};

/// The linker's function that runs constructors. When it is exported, the linker leaves it to the
/// host to call it; when it is not, the linker wraps every other export so that constructors and
/// destructors run on each call, which costs time and bytes and is not what a filter's author means.
pub const CONSTRUCTORS: &str = "__wasm_call_ctors";

/// Why a module could not be rewritten.
#[derive(Debug, thiserror::Error)]
#[error("cannot rewrite the module: {0}; it was expected to be a valid core WebAssembly module")]
pub struct Error(String);

impl From<reencode::Error<Infallible>> for Error {
    fn from(error: reencode::Error<Infallible>) -> Self {
        Self(error.to_string())
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        Self(error.to_string())
    }
}

/// A module after [`prepare_entries`].
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The rewritten module, still with names.
    pub bytes: Vec<u8>,
    /// The exports that were dropped.
    pub dropped: Vec<String>,
    /// The exports that now reset the stack pointer.
    pub reset: Vec<String>,
}

/// Keeps the exports of the ABI only and puts the stack pointer right at the entry of each.
///
/// Constructors, where the module exports [`CONSTRUCTORS`], are called by `_start`.
///
/// # Errors
/// When the bytes are not a module that can be read.
pub fn prepare_entries(module: &[u8]) -> Result<Prepared, Error> {
    let linked = LinkedModule::read(module)?;
    let mut wrappers = BTreeMap::new();
    for (name, entry) in &linked.entries {
        if is_kept(name) && entry.uses_stack {
            wrappers.insert(name.clone(), Wrapper::new(entry, linked.stack_pointer));
        }
    }
    let reset = wrappers.keys().cloned().collect();
    if let Some(constructors) = linked.entries.get(CONSTRUCTORS).filter(|entry| !entry.is_empty) {
        let start = wrappers
            .entry(exports::START.to_owned())
            .or_insert_with(|| Wrapper { calls: Vec::new(), ..Wrapper::new(constructors, None) });
        if start.pointer.is_none() {
            start.calls.extend(linked.entries.get(exports::START).map(|entry| entry.function));
            start.pointer = linked.stack_pointer.filter(|_| constructors.uses_stack);
        }
        start.calls.insert(0, constructors.function);
    }
    for (function, wrapper) in (linked.info.function_count()..).zip(wrappers.values_mut()) {
        wrapper.function = function;
    }
    let mut pass = PrepareEntries { wrappers, names: linked.names, dropped: Vec::new() };
    let mut output = Module::new();
    pass.parse_core_module(&mut output, Parser::new(0), module)?;
    Ok(Prepared { bytes: output.finish(), dropped: pass.dropped, reset })
}

/// Drops every custom section.
///
/// # Errors
/// When the bytes are not a module that can be read.
pub fn strip(module: &[u8]) -> Result<Vec<u8>, Error> {
    let mut output = Module::new();
    Strip.parse_core_module(&mut output, Parser::new(0), module)?;
    Ok(output.finish())
}

/// Whether every host has a use for the function export of this name.
fn is_kept(name: &str) -> bool {
    // Constructors are called by `_start`, which all hosts call.
    name != exports::INITIALIZE && exports::FUNCTIONS.iter().any(|(kept, _, _)| *kept == name)
}

/// A function that resets the stack pointer and calls the entry that it stands for. The optimiser
/// inlines the entry into it. A function of its own, because the entry may also be called from
/// inside, where a reset would destroy the caller's frame.
struct Wrapper {
    function: u32,
    ty: u32,
    params: u32,
    pointer: Option<StackPointer>,
    calls: Vec<u32>,
}

impl Wrapper {
    fn new(entry: &Entry, pointer: Option<StackPointer>) -> Self {
        let Entry { function, ty, params, .. } = *entry;
        Self { function: u32::MAX, ty, params, pointer, calls: vec![function] }
    }
}

struct PrepareEntries {
    wrappers: BTreeMap<String, Wrapper>,
    names: BTreeMap<u32, String>,
    dropped: Vec<String>,
}

type Rewritten = Result<(), reencode::Error<Infallible>>;

impl Reencode for PrepareEntries {
    type Error = Infallible;

    fn parse_export(
        &mut self,
        section: &mut ExportSection,
        export: wasmparser::Export<'_>,
    ) -> Rewritten {
        let kept = match export.kind {
            ExternalKind::Memory => export.name == exports::MEMORY,
            ExternalKind::Func => is_kept(export.name),
            _ => false,
        };
        if !kept {
            self.dropped.push(export.name.to_owned());
        } else if let Some(wrapper) = self.wrappers.get(export.name) {
            section.export(export.name, ExportKind::Func, wrapper.function);
        } else {
            utils::parse_export(self, section, export)?;
        }
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Rewritten {
        let mut names = Vec::new();
        for export in section {
            let export = export?;
            names.push(export.name);
            self.parse_export(exports, export)?;
        }
        for (name, wrapper) in &self.wrappers {
            if !names.contains(&name.as_str()) {
                exports.export(name, ExportKind::Func, wrapper.function);
            }
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Rewritten {
        utils::parse_function_section(self, functions, section)?;
        for wrapper in self.wrappers.values() {
            functions.function(wrapper.ty);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Rewritten {
        utils::parse_code_section(self, code, section)?;
        for wrapper in self.wrappers.values() {
            let mut function = Function::new([]);
            let mut body = function.instructions();
            if let Some(pointer) = wrapper.pointer {
                body.i32_const(pointer.initial).global_set(pointer.global);
            }
            for param in 0..wrapper.params {
                body.local_get(param);
            }
            for function in &wrapper.calls {
                body.call(*function);
            }
            body.end();
            code.function(&function);
        }
        Ok(())
    }

    fn parse_custom_section(
        &mut self,
        module: &mut Module,
        section: wasmparser::CustomSectionReader<'_>,
    ) -> Rewritten {
        if let wasmparser::KnownCustom::Name(names) = section.as_known() {
            module.section(&self.custom_name_section(names)?);
        }
        Ok(())
    }

    fn parse_custom_name_subsection(
        &mut self,
        names: &mut NameSection,
        section: wasmparser::Name<'_>,
    ) -> Rewritten {
        if !matches!(section, wasmparser::Name::Function(_)) {
            return utils::parse_custom_name_subsection(self, names, section);
        }
        // The wrapper has the name of the export, since the entry disappears into it.
        let mut all = std::mem::take(&mut self.names);
        for (export, wrapper) in &self.wrappers {
            for inner in &wrapper.calls {
                if let Some(name) = all.get_mut(inner).filter(|name| *name == export) {
                    name.push_str(".inner");
                }
            }
            all.insert(wrapper.function, export.clone());
        }
        let mut map = NameMap::new();
        for (index, name) in &all {
            map.append(*index, name);
        }
        names.functions(&map);
        Ok(())
    }
}

struct Strip;

impl Reencode for Strip {
    type Error = Infallible;

    fn parse_custom_section(
        &mut self,
        _module: &mut Module,
        _section: wasmparser::CustomSectionReader<'_>,
    ) -> Rewritten {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
