//! What a guest has to export and may import, and the faults of one that does not.

use std::fmt;

use http_wasm_abi::{FUNCTIONS, Function, MODULE, Signature, WASI_MODULE, exports, wasi};

use super::{Import, ItemType, ModuleInfo};

/// Why no host can load a module as a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InterfaceFault {
    /// A mandatory export is not there.
    MissingExport {
        /// Its name.
        name: &'static str,
        /// Its type; `None` for the memory.
        wanted: Option<Signature>,
    },
    /// An export has another type than the ABI gives it.
    ExportType {
        /// Its name.
        name: &'static str,
        /// Its type.
        found: ItemType,
        /// The type that it should have; `None` for the memory.
        wanted: Option<Signature>,
    },
    /// An import that no host has.
    UnknownImport {
        /// The module that it is imported from.
        module: String,
        /// Its name.
        name: String,
        /// Its type.
        found: ItemType,
    },
    /// An import has another type than the ABI gives it.
    ImportType {
        /// The module that it is imported from.
        module: String,
        /// Its name.
        name: String,
        /// Its type.
        found: ItemType,
        /// The type that it should have.
        wanted: Signature,
    },
}

/// The faults in what a module exports and imports.
pub fn interface_faults(info: &ModuleInfo) -> impl Iterator<Item = InterfaceFault> {
    let functions = exports::FUNCTIONS.map(|(name, ty, mandatory)| (name, Some(ty), mandatory));
    let exports = [(exports::MEMORY, None, true)].into_iter().chain(functions);
    exports
        .filter_map(|(name, wanted, mandatory)| export_fault(info, name, wanted, mandatory))
        .chain(info.imports.iter().filter_map(import_fault))
}

fn export_fault(
    info: &ModuleInfo,
    name: &'static str,
    wanted: Option<Signature>,
    mandatory: bool,
) -> Option<InterfaceFault> {
    let found = info.exports.iter().find(|export| export.name == name).map(|export| &export.ty);
    match (found, wanted) {
        (None, _) => mandatory.then_some(InterfaceFault::MissingExport { name, wanted }),
        (Some(ItemType::Memory), None) => None,
        (Some(found), Some(wanted)) if found.is_function(wanted) => None,
        (Some(found), _) => Some(InterfaceFault::ExportType { name, found: found.clone(), wanted }),
    }
}

fn import_fault(import: &Import) -> Option<InterfaceFault> {
    let Import { module, name, ty } = import;
    let wanted = match module.as_str() {
        MODULE => Function::from_name(name).map(Function::signature),
        WASI_MODULE => wasi::function(name).map(|(_, wanted)| wanted),
        _ => None,
    };
    let (module, name, found) = (module.clone(), name.clone(), ty.clone());
    match wanted {
        None => Some(InterfaceFault::UnknownImport { module, name, found }),
        Some(wanted) if ty.is_function(wanted) => None,
        Some(wanted) => Some(InterfaceFault::ImportType { module, name, found, wanted }),
    }
}

impl InterfaceFault {
    /// The export or import that it is about. What a module calls it is not trusted: characters that
    /// would act on a terminal are escaped.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::MissingExport { name, .. } | Self::ExportType { name, .. } => {
                format!("export {name}")
            }
            Self::UnknownImport { module, name, .. } | Self::ImportType { module, name, .. } => {
                format!("import {}.{}", printable(module), printable(name))
            }
        }
    }

    /// What was found and what was wanted.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::MissingExport { wanted: None, .. } => {
                "is missing; the host reads and writes every argument there".to_owned()
            }
            Self::MissingExport { .. } => {
                "is missing; every host asks for it before the first request".to_owned()
            }
            Self::ExportType { found, wanted, .. } => match wanted {
                Some(wanted) => wrong_type(found, *wanted),
                None => format!("found a {}, wanted a memory", found.kind()),
            },
            Self::ImportType { found, wanted, .. } => wrong_type(found, *wanted),
            Self::UnknownImport { found, .. } if !matches!(found, ItemType::Function(_)) => {
                format!("found a {found}, and hosts offer functions only")
            }
            Self::UnknownImport { module, .. } => match module.as_str() {
                MODULE => "the ABI has no function of this name".to_owned(),
                WASI_MODULE => "preview 1 of WASI has no function of this name".to_owned(),
                _ => format!("no host has a module \"{}\"", printable(module)),
            },
        }
    }

    /// What to do.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::MissingExport { wanted: None, .. } | Self::ExportType { wanted: None, .. } => {
                "export the linear memory under this name".to_owned()
            }
            Self::MissingExport { wanted: Some(wanted), .. } => {
                format!("export a function {wanted} under this name, even an empty one")
            }
            Self::ExportType { found: ItemType::Function(_), .. } => {
                "give the function this type".to_owned()
            }
            Self::ExportType { .. } => "export a function under this name".to_owned(),
            Self::ImportType { .. } => "declare the import with this type".to_owned(),
            Self::UnknownImport { found, .. } if !matches!(found, ItemType::Function(_)) => {
                "define it in the module itself".to_owned()
            }
            Self::UnknownImport { module, name, .. } => match module.as_str() {
                MODULE => match similar(name) {
                    Some(similar) => format!("did you mean {similar}?"),
                    None => {
                        let known = FUNCTIONS.map(Function::name).join(", ");
                        format!("use one of {known}")
                    }
                },
                WASI_MODULE => {
                    "compile for wasm32-wasip1, or without WASI for wasm32v1-none".to_owned()
                }
                "env" => format!(
                    "import functions of {MODULE} only; often this is a function that was declared and not linked"
                ),
                _ => format!("import functions of {MODULE} only"),
            },
        }
    }
}

impl fmt::Display for InterfaceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.subject(), self.message(), self.remedy())
    }
}

impl std::error::Error for InterfaceFault {}

fn wrong_type(found: &ItemType, wanted: Signature) -> String {
    match found {
        ItemType::Function(found) => format!("found {found}, wanted {wanted}"),
        found => format!("found a {found}, wanted a function {wanted}"),
    }
}

/// The function of the ABI that differs from a name only in how its words are joined.
fn similar(name: &str) -> Option<&'static str> {
    let plain = name.replace(['_', '-'], "").to_ascii_lowercase();
    FUNCTIONS.into_iter().map(Function::name).find(|known| known.replace('_', "") == plain)
}

/// Escapes what would act on a terminal, or hide there: control characters, line breaks among them,
/// and characters that are invisible or change the direction of text.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    // Whole pieces, since a combining character is only escaped where it begins one.
    for piece in text.split_inclusive(QUOTES) {
        let plain = piece.strip_suffix(QUOTES).unwrap_or(piece);
        printable.extend(plain.escape_debug());
        printable.push_str(&piece[plain.len()..]);
    }
    printable
}

/// What `escape_debug` escapes although it does nothing on a terminal.
const QUOTES: [char; 3] = ['"', '\'', '\\'];
