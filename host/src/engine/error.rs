//! Why a module cannot be a guest.

use http_wasm_abi::{Function, PAGE_SIZE};

use crate::module_info::InterfaceFault;
use http_wasm_model::Profile;

/// Why a module cannot be a guest. Each message names what was found, what is wanted, and what to
/// do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The bytes are not a module that this host can run.
    #[error("not a module of WebAssembly 2.0: {0}")]
    Invalid(String),
    /// It lacks an export of the ABI, or imports what no host has, or one of them has another type.
    #[error(transparent)]
    Interface(#[from] InterfaceFault),
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
    /// The module has more functions than the limit.
    #[error(
        "the module has {found} functions, wanted at most {limit}; build it with optimisation, or raise the limit"
    )]
    Functions {
        /// How many it has.
        found: usize,
        /// How many it may have.
        limit: usize,
    },
    /// A function of the module is longer than the limit.
    #[error(
        "a function of the module has {found} bytes, wanted at most {limit}; split it, or raise the limit"
    )]
    FunctionTooLong {
        /// How long the longest is, in bytes.
        found: usize,
        /// How long it may be, in bytes.
        limit: usize,
    },
    /// The engine cannot be set up on this machine.
    #[error("the WebAssembly engine cannot be set up: {0}")]
    Engine(String),
}
