//! Reads a WebAssembly module: what it imports and exports, its memory, what its functions do, and
//! which calls which.
//!
//! This is the one reader of modules. The engine and the checker judge what it finds, so they
//! cannot disagree about a module. It does not validate: of a module that is not valid, some of what
//! it says makes no sense, and none of it panics.

mod body;
mod call_graph;
mod interface;
mod names;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use http_wasm_abi::{Function, MODULE, Signature, ValueType, exports};
use wasmparser::{
    BinaryReaderError, CompositeInnerType, ConstExpr, ElementItems, ExternalKind, FuncType,
    Operator, Parser, Payload, SectionLimited, TypeRef, ValType,
};

pub use body::Body;
pub use call_graph::CallGroup;
pub use interface::{InterfaceFault, interface_faults, printable};
pub use names::Names;

/// The bytes are not a module that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at byte {offset:#x})")]
pub struct ReadError {
    message: String,
    offset: usize,
}

impl From<BinaryReaderError> for ReadError {
    fn from(error: BinaryReaderError) -> Self {
        Self { message: error.message().to_owned(), offset: error.offset() }
    }
}

/// The most items that a section can have: engines have the same limit, and this reader comes first.
const MAX_ITEMS: u32 = 1_000_000;

fn limited<T>(section: SectionLimited<'_, T>) -> Result<SectionLimited<'_, T>, ReadError> {
    if section.count() > MAX_ITEMS {
        let message = format!("a section has more than {MAX_ITEMS} items");
        return Err(ReadError { message, offset: section.range().start });
    }
    Ok(section)
}

/// The type of an import or export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemType {
    /// A function.
    Function(FunctionType),
    /// A memory.
    Memory,
    /// A table.
    Table,
    /// A global.
    Global,
    /// A tag of an exception.
    Tag,
}

impl ItemType {
    /// What it is, without its type.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Function(_) => "function",
            Self::Memory => "memory",
            Self::Table => "table",
            Self::Global => "global",
            Self::Tag => "tag",
        }
    }

    /// Whether it is a function of this type.
    #[must_use]
    pub fn is_function(&self, wanted: Signature) -> bool {
        matches!(self, Self::Function(found) if found.is(wanted))
    }
}

impl fmt::Display for ItemType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(ty) => write!(f, "{ty}"),
            other => f.write_str(other.kind()),
        }
    }
}

/// The type of a function; `None` where it names a type that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionType(Option<Arc<FuncType>>);

impl FunctionType {
    /// Whether it is this one of the ABI.
    #[must_use]
    pub fn is(&self, wanted: Signature) -> bool {
        let value = |ty: &ValueType| match ty {
            ValueType::I32 => ValType::I32,
            ValueType::I64 => ValType::I64,
        };
        self.0.as_ref().is_some_and(|found| {
            found.params().iter().copied().eq(wanted.params.iter().map(value))
                && found.results().iter().copied().eq(wanted.result.iter().map(value))
        })
    }

    /// How many arguments it takes.
    #[must_use]
    pub fn param_count(&self) -> usize {
        self.0.as_ref().map_or(0, |ty| ty.params().len())
    }
}

impl fmt::Display for FunctionType {
    /// Writes it as [`Signature`] does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(ty) = &self.0 else { return f.write_str("a function without a type") };
        let list = |types: &[ValType]| {
            types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        match ty.results() {
            [one] => write!(f, "({}) -> {one}", list(ty.params())),
            results => write!(f, "({}) -> ({})", list(ty.params()), list(results)),
        }
    }
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The module that it is imported from.
    pub module: String,
    /// Its name there.
    pub name: String,
    /// Its type.
    pub ty: ItemType,
}

/// An export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// Which function, memory, table, global or tag it is.
    pub index: u32,
    /// Its type.
    pub ty: ItemType,
}

/// A memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Pages of 64 KiB that it has at the start.
    pub initial_pages: u64,
    /// Whether it is imported.
    pub is_imported: bool,
}

/// What was found in a module.
#[derive(Clone, Debug, Default)]
pub struct ModuleInfo {
    /// What it imports.
    pub imports: Vec<Import>,
    /// What it exports.
    pub exports: Vec<Export>,
    /// Its memories, imported ones first.
    pub memories: Vec<Memory>,
    /// The function of its start section.
    pub start: Option<u32>,
    /// How many functions are imported; they come first in the numbering.
    pub imported_functions: u32,
    /// What the functions do that are not imported.
    pub bodies: Vec<Body>,
    /// The functions that a call through a table may reach.
    pub table_functions: Vec<u32>,
    /// Whether `table_functions` has all of them.
    pub table_functions_known: bool,
    /// Shared, because a long one may be the type of many items.
    types: Vec<Option<Arc<FuncType>>>,
    /// The type of each function, imported ones first.
    function_types: Vec<u32>,
    imported_globals: u32,
    /// What mutable globals hold at the start, where that is one `i32.const`.
    globals: Vec<Option<i32>>,
}

impl ModuleInfo {
    /// Reads a module in one pass.
    ///
    /// # Errors
    ///
    /// When the bytes are not a module, or break off.
    pub fn read(module: &[u8]) -> Result<Self, ReadError> {
        let mut info = Self { table_functions_known: true, ..Self::default() };
        for payload in Parser::new(0).parse_all(module) {
            info.add(payload?)?;
        }
        Ok(info)
    }

    /// How many functions there are, imported ones included.
    #[must_use]
    pub fn function_count(&self) -> u32 {
        self.imported_functions + self.bodies.len() as u32
    }

    /// What a function does; `None` for one that is imported.
    #[must_use]
    pub fn body(&self, function: u32) -> Option<&Body> {
        self.bodies.get(function.checked_sub(self.imported_functions)? as usize)
    }

    /// The number of a function's type.
    #[must_use]
    pub fn type_index(&self, function: u32) -> Option<u32> {
        self.function_types.get(function as usize).copied()
    }

    /// The type of a function.
    #[must_use]
    pub fn function_type(&self, function: u32) -> FunctionType {
        self.type_index(function).map_or(FunctionType(None), |ty| self.type_at(ty))
    }

    /// What a mutable global of the module's own holds at the start, where that is one `i32.const`.
    #[must_use]
    pub fn initial_value(&self, global: u32) -> Option<i32> {
        *self.globals.get(global.checked_sub(self.imported_globals)? as usize)?
    }

    /// The function that is exported under a name.
    #[must_use]
    pub fn exported_function(&self, name: &str) -> Option<u32> {
        let is_it =
            |export: &&Export| export.name == name && matches!(export.ty, ItemType::Function(_));
        self.exports.iter().find(is_it).map(|export| export.index)
    }

    /// The functions that run when a host calls the guest or instantiates it.
    pub fn entries(&self) -> impl Iterator<Item = u32> {
        let called =
            exports::FUNCTIONS.iter().filter_map(|(name, ..)| self.exported_function(name));
        called.chain(self.start)
    }

    /// Whether it imports a function of the ABI.
    #[must_use]
    pub fn imports_function(&self, function: Function) -> bool {
        let name = function.name();
        self.imports.iter().any(|import| import.module == MODULE && import.name == name)
    }

    /// The last argument of each call of a function of the ABI, where all of them are constants.
    #[must_use]
    pub fn constant_arguments(&self, function: Function) -> Option<Vec<i32>> {
        let indices = self.abi_functions(|found| found == function);
        let is_it = |index: u32| indices.binary_search(&index).is_ok();
        let is_known =
            self.table_functions_known && !self.table_functions.iter().any(|&index| is_it(index));
        let calls = |body: &Body| body.calls.iter().filter(|&&callee| is_it(callee)).count();
        let constants: Vec<i32> = self
            .bodies
            .iter()
            .flat_map(|body| &body.constant_calls)
            .filter_map(|&(callee, argument)| is_it(callee).then_some(argument))
            .collect();
        let all = self.bodies.iter().map(calls).sum::<usize>();
        (is_known && constants.len() == all).then_some(constants)
    }

    /// The indices of the imported functions that are such functions of the ABI, in order.
    #[must_use]
    pub fn abi_functions(&self, wanted: impl Fn(Function) -> bool) -> Vec<u32> {
        let functions =
            self.imports.iter().filter(|import| matches!(import.ty, ItemType::Function(_)));
        let is_wanted = |import: &Import| {
            import.module == MODULE && Function::from_name(&import.name).is_some_and(&wanted)
        };
        (0..)
            .zip(functions)
            .filter(|(_, import)| is_wanted(import))
            .map(|(index, _)| index)
            .collect()
    }

    fn type_at(&self, index: u32) -> FunctionType {
        FunctionType(self.types.get(index as usize).cloned().flatten())
    }

    fn add(&mut self, payload: Payload<'_>) -> Result<(), ReadError> {
        match payload {
            Payload::TypeSection(section) => {
                for group in limited(section)? {
                    self.types.extend(group?.into_types().map(
                        |ty| match ty.composite_type.inner {
                            CompositeInnerType::Func(ty) => Some(Arc::new(ty)),
                            _ => None,
                        },
                    ));
                }
            }
            Payload::ImportSection(section) => {
                for import in limited(section)?.into_imports() {
                    self.add_import(import?);
                }
            }
            Payload::FunctionSection(section) => {
                for ty in limited(section)? {
                    self.function_types.push(ty?);
                }
            }
            Payload::MemorySection(section) => {
                for memory in limited(section)? {
                    let initial_pages = memory?.initial;
                    self.memories.push(Memory { initial_pages, is_imported: false });
                }
            }
            Payload::GlobalSection(section) => {
                for global in limited(section)? {
                    let global = global?;
                    let is_mutable = global.ty.mutable;
                    self.globals.push(if is_mutable { constant(&global.init_expr)? } else { None });
                }
            }
            Payload::ExportSection(section) => {
                for export in limited(section)? {
                    let export = export?;
                    let ty = match export.kind {
                        ExternalKind::Func | ExternalKind::FuncExact => {
                            ItemType::Function(self.function_type(export.index))
                        }
                        ExternalKind::Memory => ItemType::Memory,
                        ExternalKind::Table => ItemType::Table,
                        ExternalKind::Global => ItemType::Global,
                        ExternalKind::Tag => ItemType::Tag,
                    };
                    let name = export.name.to_owned();
                    self.exports.push(Export { name, index: export.index, ty });
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(section) => {
                for element in limited(section)? {
                    if let ElementItems::Functions(functions) = element?.items {
                        for function in functions {
                            self.table_functions.push(function?);
                        }
                    } else {
                        self.table_functions_known = false;
                    }
                }
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(Body::read(&body)?),
            _ => {}
        }
        Ok(())
    }

    fn add_import(&mut self, import: wasmparser::Import<'_>) {
        let ty = match import.ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                self.function_types.push(ty);
                self.imported_functions += 1;
                ItemType::Function(self.type_at(ty))
            }
            TypeRef::Memory(ty) => {
                self.memories.push(Memory { initial_pages: ty.initial, is_imported: true });
                ItemType::Memory
            }
            TypeRef::Table(_) => ItemType::Table,
            TypeRef::Global(_) => {
                self.imported_globals += 1;
                ItemType::Global
            }
            TypeRef::Tag(_) => ItemType::Tag,
        };
        let (module, name) = (import.module.to_owned(), import.name.to_owned());
        self.imports.push(Import { module, name, ty });
    }
}

/// The value of an expression that is one `i32.const`.
fn constant(expression: &ConstExpr<'_>) -> wasmparser::Result<Option<i32>> {
    let mut operators = expression.get_operators_reader();
    let Operator::I32Const { value } = operators.read()? else { return Ok(None) };
    Ok(matches!(operators.read()?, Operator::End).then_some(value))
}
