//! What a guest shows to its host: exports, imports, memory and how it starts.

use std::collections::BTreeMap;

use http_wasm_abi::{Function, MODULE, Signature, ValueType, WASI_MODULE, exports, wasi};
use wasmparser::{ExternalKind, FuncType, MemoryType, Parser, Payload, TypeRef, ValType};

use super::{Item, Limits, Report};
use crate::calls::{self, Body};

/// A module's surface.
#[derive(Default)]
struct Surface {
    types: Vec<Option<FuncType>>,
    imports: Vec<(String, String, TypeRef)>,
    /// The type of each function, imported ones first.
    functions: Vec<u32>,
    imported_functions: usize,
    memories: Vec<(MemoryType, bool)>,
    exports: Vec<(String, ExternalKind, u32)>,
    start: Option<u32>,
    bodies: Vec<Body>,
}

/// Judges the surface of a module that has been validated.
pub(super) fn check(bytes: &[u8], limits: &Limits, report: &mut Report) {
    let surface = match Surface::read(bytes) {
        Ok(surface) => surface,
        Err(error) => {
            report.problem("module", format!("cannot be read: {error}"), "build it again");
            return;
        }
    };
    surface.exports(report);
    surface.imports(report);
    surface.memory(limits, report);
    surface.start(report);
}

impl Surface {
    fn read(bytes: &[u8]) -> wasmparser::Result<Self> {
        let mut surface = Self::default();
        for payload in Parser::new(0).parse_all(bytes) {
            surface.payload(payload?)?;
        }
        Ok(surface)
    }

    fn payload(&mut self, payload: Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group?.into_types() {
                        self.types.push(match ty.composite_type.inner {
                            wasmparser::CompositeInnerType::Func(ty) => Some(ty),
                            _ => None,
                        });
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    match import.ty {
                        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => self.functions.push(ty),
                        TypeRef::Memory(ty) => self.memories.push((ty, true)),
                        TypeRef::Table(_) | TypeRef::Global(_) | TypeRef::Tag(_) => {}
                    }
                    self.imports.push((
                        import.module.to_owned(),
                        import.name.to_owned(),
                        import.ty,
                    ));
                }
                self.imported_functions = self.functions.len();
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    self.functions.push(ty?);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    self.memories.push((memory?, false));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    self.exports.push((export.name.to_owned(), export.kind, export.index));
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::CodeSectionEntry(body) => self.bodies.push(Body::read(&body)?),
            _ => {}
        }
        Ok(())
    }

    fn function_type(&self, function: u32) -> Option<&FuncType> {
        self.type_at(*self.functions.get(function as usize)?)
    }

    fn type_at(&self, index: u32) -> Option<&FuncType> {
        self.types.get(index as usize)?.as_ref()
    }

    fn exports(&self, report: &mut Report) {
        let mut kinds = BTreeMap::new();
        for (name, kind, index) in &self.exports {
            let ty = match (kind, self.function_type(*index)) {
                (ExternalKind::Func, Some(ty)) => shown(ty),
                _ => kind_name(*kind).to_owned(),
            };
            report.exports.push(Item { name: name.clone(), ty });
            kinds.insert(name.as_str(), (*kind, *index));
        }

        match kinds.get(exports::MEMORY) {
            Some((ExternalKind::Memory, _)) => {}
            Some((kind, _)) => report.problem(
                export(exports::MEMORY),
                format!("found a {}, wanted the linear memory", kind_name(*kind)),
                "export the memory under this name",
            ),
            None => report.problem(
                export(exports::MEMORY),
                "is missing; the host reads and writes every argument there",
                "export the linear memory under this name",
            ),
        }
        for (name, wanted, mandatory) in exports::FUNCTIONS {
            match kinds.get(name) {
                Some((ExternalKind::Func, index)) => {
                    let found = self.function_type(*index);
                    if !found.is_some_and(|found| same(found, wanted)) {
                        let found = found.map_or_else(|| "?".to_owned(), shown);
                        report.problem(
                            export(name),
                            format!("found {found}, wanted {wanted}"),
                            "give the function this type",
                        );
                    }
                }
                Some((kind, _)) => report.problem(
                    export(name),
                    format!("found a {}, wanted a function {wanted}", kind_name(*kind)),
                    "export a function under this name",
                ),
                None if mandatory => report.problem(
                    export(name),
                    "is missing; every host asks for it before the first request",
                    format!("export a function {wanted} under this name, even an empty one"),
                ),
                None => {}
            }
        }
        if kinds.contains_key(exports::INITIALIZE) {
            report.warning(
                export(exports::INITIALIZE),
                format!("Traefik calls it after {}, and no other host calls it", exports::START),
                format!("do the work in {}", exports::START),
            );
        }
    }

    fn imports(&self, report: &mut Report) {
        let mut of_wasi = 0;
        for (module, name, ty) in &self.imports {
            let subject = format!("import {module}.{name}");
            let found = match ty {
                TypeRef::Func(index) | TypeRef::FuncExact(index) => self.type_at(*index),
                _ => None,
            };
            let item = Item {
                name: format!("{module}.{name}"),
                ty: found.map_or_else(|| type_name(*ty).to_owned(), shown),
            };
            match (module.as_str(), found) {
                (MODULE, Some(found)) => handler_import(subject, name, found, report),
                (WASI_MODULE, Some(found)) => {
                    wasi_import(subject, name, found, report);
                    of_wasi += 1;
                }
                (_, Some(_)) => report.problem(
                    subject,
                    format!("no host has a module {module:?}"),
                    format!("import functions of {MODULE} only"),
                ),
                (_, None) => report.problem(
                    subject,
                    format!("found a {}, and hosts offer functions only", type_name(*ty)),
                    "define it in the module itself",
                ),
            }
            report.imports.push(item);
        }
        if of_wasi > 0 {
            report.warning(
                format!("import {WASI_MODULE}"),
                format!(
                    "{of_wasi} function{} of WASI: hosts grant no files, no arguments, no environment, and Traefik's clock and random numbers are fake",
                    if of_wasi == 1 { "" } else { "s" }
                ),
                "compile for wasm32v1-none where std is not needed",
            );
        }
    }

    fn memory(&self, limits: &Limits, report: &mut Report) {
        let Some((memory, imported)) = self.memories.first() else { return };
        report.pages = Some(memory.initial);
        if *imported {
            // Reported as an import already; its size is not the guest's own.
            return;
        }
        if memory.initial > limits.max_pages {
            report.problem(
                "memory",
                format!(
                    "found {} pages of 64 KiB at the start, wanted {} at most, because every concurrent request costs as much",
                    memory.initial, limits.max_pages
                ),
                "make the stack smaller (link with -zstack-size=16384) or the static data, or raise --max-pages",
            );
        }
    }

    fn start(&self, report: &mut Report) {
        let Some(start) = self.start else { return };
        let imported = vec![true; self.imported_functions];
        let calls_host = calls::spread(&imported, &self.bodies, |_| false);
        let remedy = format!("export the function as {} instead", exports::START);
        if calls_host.get(start as usize).copied().unwrap_or(true) {
            report.problem(
                "start section",
                "its function may call the host, and on some hosts it runs before there is one",
                remedy,
            );
        } else {
            report.warning(
                "start section",
                "its function runs while the module is instantiated, before the host is ready",
                remedy,
            );
        }
    }
}

/// Judges the import of a function from the ABI's module.
fn handler_import(subject: String, name: &str, found: &FuncType, report: &mut Report) {
    let Some(function) = Function::from_name(name) else {
        let near = http_wasm_abi::FUNCTIONS.into_iter().map(Function::name).find(|known| {
            known.replace('_', "") == name.replace(['_', '-'], "").to_ascii_lowercase()
        });
        let remedy = match near {
            Some(near) => format!("did you mean {near}?"),
            None => "see the table of functions in the documentation of http-wasm-abi".to_owned(),
        };
        report.problem(subject, "the ABI has no function of this name", remedy);
        return;
    };
    let wanted = function.signature();
    if !same(found, wanted) {
        report.problem(
            subject.clone(),
            format!("found {}, wanted {wanted}", shown(found)),
            "declare the import with this type",
        );
    }
    if function == Function::GetSourceAddr {
        report.warning(
            subject,
            "hosts from before October 2023 and the Express host lack it, and do not load the guest",
            "leave it out where the filter is meant for them",
        );
    }
}

/// Judges the import of a function from WASI.
fn wasi_import(subject: String, name: &str, found: &FuncType, report: &mut Report) {
    match wasi::function(name) {
        None => report.problem(
            subject,
            "preview 1 of WASI has no function of this name",
            "compile for wasm32-wasip1, or without WASI for wasm32v1-none",
        ),
        Some((_, wanted)) if !same(found, wanted) => report.problem(
            subject,
            format!("found {}, wanted {wanted}", shown(found)),
            "declare the import with this type",
        ),
        Some(_) => {}
    }
}

fn export(name: &str) -> String {
    format!("export {name}")
}

/// Whether a module's type is the one of the ABI.
fn same(found: &FuncType, wanted: Signature) -> bool {
    let value = |ty: &ValueType| match ty {
        ValueType::I32 => ValType::I32,
        ValueType::I64 => ValType::I64,
    };
    found.params().iter().copied().eq(wanted.params.iter().map(value))
        && found.results().iter().copied().eq(wanted.result.iter().map(value))
}

/// A type as [`Signature`] shows it.
fn shown(ty: &FuncType) -> String {
    let list =
        |types: &[ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match ty.results() {
        [one] => format!("({}) -> {one}", list(ty.params())),
        results => format!("({}) -> ({})", list(ty.params()), list(results)),
    }
}

fn kind_name(kind: ExternalKind) -> &'static str {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => "function",
        ExternalKind::Table => "table",
        ExternalKind::Memory => "memory",
        ExternalKind::Global => "global",
        ExternalKind::Tag => "tag",
    }
}

fn type_name(ty: TypeRef) -> &'static str {
    match ty {
        TypeRef::Func(_) | TypeRef::FuncExact(_) => "function",
        TypeRef::Table(_) => "table",
        TypeRef::Memory(_) => "memory",
        TypeRef::Global(_) => "global",
        TypeRef::Tag(_) => "tag",
    }
}
