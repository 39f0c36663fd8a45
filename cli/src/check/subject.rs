//! What rules judge: a file, and the module in it, read once for all of them.

use std::path::PathBuf;

use http_wasm_host::module_info::{InterfaceFault, ModuleInfo, interface_faults, printable};

use super::features::NeededFeatures;
use super::report::{Found, Limits};
use super::toolchain::Toolchain;

/// A file that may be a guest.
pub(super) struct Subject<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) limits: &'a Limits,
    /// Folders whose paths should not be in a guest.
    pub(super) machine_paths: &'a [PathBuf],
    pub(super) content: Content<'a>,
}

/// What a file has inside.
pub(super) enum Content<'a> {
    /// Something else.
    NotAModule,
    /// A module that no engine takes: where it is wrong, and what is wrong.
    Invalid(String, String),
    /// A valid module.
    Module(Box<Module<'a>>),
}

/// A valid module.
pub(super) struct Module<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) limits: &'a Limits,
    pub(super) info: ModuleInfo,
    /// What is wrong with its exports and imports.
    pub(super) interface_faults: Vec<InterfaceFault>,
    /// What it needs of WebAssembly that some host does not have.
    pub(super) features: NeededFeatures,
    /// What has made it.
    pub(super) toolchain: Toolchain,
}

impl<'a> Subject<'a> {
    pub(super) fn read(bytes: &'a [u8], limits: &'a Limits, machine_paths: &'a [PathBuf]) -> Self {
        Self { bytes, limits, machine_paths, content: Content::read(bytes, limits) }
    }
}

impl<'a> Content<'a> {
    fn read(bytes: &'a [u8], limits: &'a Limits) -> Self {
        if !bytes.starts_with(b"\0asm\x01\0\0\0") {
            return Self::NotAModule;
        }
        let features = match NeededFeatures::find(bytes) {
            Ok(features) => features,
            Err(error) => {
                let place = format!("byte {}", error.offset());
                // It may quote the module's own names.
                return Self::Invalid(place, printable(error.message()));
            }
        };
        match ModuleInfo::read(bytes) {
            Ok(info) => {
                let interface_faults = interface_faults(&info).collect();
                let toolchain = Toolchain::of(bytes, &info);
                let module = Module { bytes, limits, info, interface_faults, features, toolchain };
                Self::Module(Box::new(module))
            }
            Err(error) => Self::Invalid("module".to_owned(), error.to_string()),
        }
    }
}

impl Module<'_> {
    /// What some faults of its interface amount to.
    pub(super) fn faults(&self, of: impl Fn(&InterfaceFault) -> bool) -> Vec<Found> {
        let faults = self.interface_faults.iter().filter(|fault| of(fault));
        faults.map(|fault| Found::new(fault.subject(), fault.message(), fault.remedy())).collect()
    }
}
