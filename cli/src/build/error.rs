//! Why a guest was not built, and whether its source is to blame.

use std::path::PathBuf;

use crate::project::GuestTarget;
use crate::tools::{self, BinaryenVersion};
use crate::{check, postlink, process};

/// Why a guest was not built.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program that is needed could not be had.
    #[error(transparent)]
    Tool(#[from] tools::Error),
    /// The filter does not compile.
    #[error("`{filter}` does not compile{hint}{output}")]
    Compile {
        /// The package.
        filter: String,
        /// What to do, where the compiler cannot know it.
        hint: String,
        /// What cargo printed; empty when the user has already seen it.
        output: String,
    },
    /// Cargo failed before it came to the filter's source, or through no fault of it.
    #[error("cargo could not compile `{filter}`{hint}{output}")]
    Cargo {
        /// The package.
        filter: String,
        /// What to do, where cargo cannot know it.
        hint: String,
        /// What cargo printed; empty when the user has already seen it.
        output: String,
    },
    /// A configuration file of cargo is wrong.
    #[error("`{filter}`: {source}")]
    CargoConfig {
        /// The package.
        filter: String,
        /// What is wrong with it.
        source: cargo_config2::Error,
    },
    /// A program failed.
    #[error(transparent)]
    Process(#[from] process::Error),
    /// Cargo succeeded and did not say where the module is.
    #[error(
        "cargo built `{filter}` and named no .wasm file; its library needs `crate-type = [\"cdylib\", \"rlib\"]`"
    )]
    NoModule {
        /// The package.
        filter: String,
    },
    /// What this target's standard library needs is newer than the optimiser.
    #[error("guests for {} need a newer wasm-opt: found version {found}, which does not know `{option}`, wanted {}; leave out --wasm-opt and WASM_OPT where Node is on PATH, and it is installed", target.triple(), BinaryenVersion::PINNED)]
    OldOptimiser {
        /// What the guest is compiled for.
        target: GuestTarget,
        /// The version in use.
        found: BinaryenVersion,
        /// The option that it lacks.
        option: String,
    },
    /// The optimiser reported success and wrote something else than a module.
    #[error("{} wrote {problem} and reported success; use another wasm-opt (--wasm-opt), or none (--no-wasm-opt)", program.display())]
    Optimiser {
        /// The program.
        program: PathBuf,
        /// What it wrote.
        problem: String,
    },
    /// The module could not be rewritten.
    #[error("`{filter}`: {source}")]
    Postlink {
        /// The package.
        filter: String,
        /// Why.
        source: postlink::Error,
    },
    /// A file could not be read or written.
    #[error("{action} {}: {source}", path.display())]
    File {
        /// What was being done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The guest would not run on every host.
    #[error("`{filter}` did not pass the check, and no guest was written:{}", listed(&report.problems))]
    Refused {
        /// The package.
        filter: String,
        /// Everything that was found.
        report: Box<check::Report>,
    },
}

impl Error {
    /// Whether the filter was examined and is wrong, as opposed to a build that could not be done.
    #[must_use]
    pub const fn is_finding(&self) -> bool {
        matches!(
            self,
            Self::Compile { .. }
                | Self::NoModule { .. }
                | Self::Postlink { .. }
                | Self::Refused { .. }
        )
    }
}

fn listed(findings: &[check::Finding]) -> String {
    findings.iter().map(|finding| format!("\n    {finding}")).collect()
}
