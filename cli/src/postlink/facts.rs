//! What the link passes need to know of a module before they rewrite it: where the stack pointer
//! is, which functions may move it, and what is exported.

use std::collections::BTreeMap;

use wasmparser::{ConstExpr, ExternalKind, KnownCustom, Name, Operator, Parser, Payload, TypeRef};

use crate::calls::{self, Body};

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

/// What was found in a module.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// The stack pointer, when the module has one and names it.
    pub(super) stack_pointer: Option<StackPointer>,
    /// Exported functions by the name of the export.
    pub(super) entries: BTreeMap<String, Entry>,
    /// How many functions there are, imported ones included.
    pub(super) functions: u32,
    /// The names of functions, where the module has them.
    pub(super) names: BTreeMap<u32, String>,
}

impl Facts {
    pub(super) fn read(module: &[u8]) -> wasmparser::Result<Self> {
        let mut read = Reader::default();
        for payload in Parser::new(0).parse_all(module) {
            read.payload(payload?)?;
        }
        Ok(read.finish())
    }
}

#[derive(Default)]
struct Reader {
    params: Vec<u32>,
    imported_functions: u32,
    function_types: Vec<u32>,
    imported_globals: u32,
    globals: Vec<Option<i32>>,
    stack_global: Option<u32>,
    exports: Vec<(String, u32)>,
    bodies: Vec<Body>,
    names: BTreeMap<u32, String>,
}

impl Reader {
    fn payload(&mut self, payload: Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group?.into_types() {
                        let params = match ty.composite_type.inner {
                            wasmparser::CompositeInnerType::Func(ty) => ty.params().len(),
                            _ => 0,
                        };
                        self.params.push(u32::try_from(params).unwrap_or(u32::MAX));
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    match import?.ty {
                        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                            self.function_types.push(ty);
                            self.imported_functions += 1;
                        }
                        TypeRef::Global(_) => self.imported_globals += 1,
                        TypeRef::Table(_) | TypeRef::Memory(_) | TypeRef::Tag(_) => {}
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    self.function_types.push(ty?);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global?;
                    let initial =
                        if global.ty.mutable { constant(&global.init_expr)? } else { None };
                    self.globals.push(initial);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        self.exports.push((export.name.to_owned(), export.index));
                    }
                }
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(Body::read(&body)?),
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(names) = section.as_known() {
                    for name in names {
                        self.names(name?)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn names(&mut self, names: Name<'_>) -> wasmparser::Result<()> {
        match names {
            Name::Global(names) => {
                for naming in names {
                    let naming = naming?;
                    if naming.name == STACK_POINTER {
                        self.stack_global = Some(naming.index);
                    }
                }
            }
            Name::Function(names) => {
                for naming in names {
                    let naming = naming?;
                    self.names.insert(naming.index, naming.name.to_owned());
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(self) -> Facts {
        let stack_pointer = self.stack_global.and_then(|global| {
            let defined = global.checked_sub(self.imported_globals)?;
            let initial = (*self.globals.get(defined as usize)?)?;
            Some(StackPointer { global, initial })
        });
        let imported = vec![false; self.imported_functions as usize];
        let users = stack_pointer.map_or_else(Vec::new, |pointer| {
            calls::spread(&imported, &self.bodies, |body| body.globals.contains(&pointer.global))
        });
        let entries = self
            .exports
            .iter()
            .filter(|(_, function)| *function >= self.imported_functions)
            .filter_map(|(name, function)| {
                let ty = *self.function_types.get(*function as usize)?;
                let params = *self.params.get(ty as usize)?;
                let uses_stack = users.get(*function as usize).copied().unwrap_or(false);
                let body = self.bodies.get((function - self.imported_functions) as usize)?;
                let entry =
                    Entry { function: *function, ty, params, uses_stack, is_empty: body.is_empty };
                Some((name.clone(), entry))
            })
            .collect();
        Facts {
            stack_pointer,
            entries,
            functions: u32::try_from(self.function_types.len()).unwrap_or(u32::MAX),
            names: self.names,
        }
    }
}

/// The value of an expression that is one `i32.const`.
fn constant(expression: &ConstExpr<'_>) -> wasmparser::Result<Option<i32>> {
    let mut operators = expression.get_operators_reader();
    let value = match operators.read()? {
        Operator::I32Const { value } => value,
        _ => return Ok(None),
    };
    Ok(matches!(operators.read()?, Operator::End).then_some(value))
}
