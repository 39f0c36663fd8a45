//! Why a module cannot be a guest.

use http_wasm_abi::{Function, PAGE_SIZE, Signature};

use http_wasm_model::Profile;

/// Why a module cannot be a guest. Each message names what was found, what is wanted, and what to
/// do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The bytes are not a module that this host can run.
    #[error("not a module of WebAssembly 2.0: {0}")]
    Invalid(String),
    /// A mandatory export is not there.
    #[error("the guest does not export `{name}`, wanted {wanted}; export it under this name")]
    MissingExport {
        /// Its name.
        name: &'static str,
        /// Its type.
        wanted: String,
    },
    /// An export has another type than the ABI gives it.
    #[error("the guest exports `{name}` as {found}, wanted {wanted}; change its type")]
    ExportType {
        /// Its name.
        name: &'static str,
        /// Its type.
        found: String,
        /// The type that it should have.
        wanted: String,
    },
    /// An import that no host of this ABI has.
    #[error("the guest imports `{module}.{name}`, which this host does not have; {remedy}")]
    UnknownImport {
        /// The module that it is imported from.
        module: String,
        /// Its name.
        name: String,
        /// What to do.
        remedy: String,
    },
    /// An import has another type than the ABI gives it.
    #[error(
        "the guest imports `{module}.{name}` as {found}, wanted {wanted}; correct its declaration"
    )]
    ImportType {
        /// The module that it is imported from.
        module: String,
        /// Its name.
        name: String,
        /// Its type.
        found: String,
        /// The type that it should have.
        wanted: String,
    },
    /// The ABI has the function, hosts of this profile have not.
    #[error(
        "the guest imports `{function}`, which hosts of profile {profile} do not have; do without it there"
    )]
    MissingFunction {
        /// Which function.
        function: Function,
        /// Which profile.
        profile: Profile,
    },
    /// The memory that the module begins with is above the limit.
    #[error("the guest begins with {found} bytes of memory ({} pages), wanted at most {limit}; give it a smaller stack or less static data, or raise the limit", found / u64::from(PAGE_SIZE))]
    Memory {
        /// How much it asks for, in bytes.
        found: u64,
        /// How much it may have, in bytes.
        limit: u64,
    },
    /// The file is longer than the limit.
    #[error(
        "the module has {found} bytes, wanted at most {limit}; a guest needs a few hundred to some tens of thousands: build it with optimisation and without debug information, or raise the limit"
    )]
    TooLong {
        /// How long it is, in bytes.
        found: usize,
        /// How long it may be, in bytes.
        limit: usize,
    },
    /// The engine cannot be set up on this machine.
    #[error("the WebAssembly engine cannot be set up: {0}")]
    Engine(String),
}

impl LoadError {
    pub(super) fn unknown_import(module: &str, name: &str, remedy: String) -> Self {
        Self::UnknownImport { module: module.to_owned(), name: name.to_owned(), remedy }
    }

    pub(super) fn import_type(module: &str, name: &str, found: String, wanted: Signature) -> Self {
        let (module, name) = (module.to_owned(), name.to_owned());
        Self::ImportType { module, name, found, wanted: wanted.to_string() }
    }
}
