//! Runs recorded exchanges against a guest on the reference host.
//!
//! The guest is a module, written in any language; `http_wasm_testkit::recorded` defines what an
//! exchange means and whether it passed.

use std::path::{Path, PathBuf};

use http_wasm_host::engine::{Folder, Grants, LoadError, Module, Options};
use http_wasm_model::Profile;
use http_wasm_model::exchange::Settings;
use http_wasm_testkit::Outcome;
use http_wasm_testkit::recorded::{self, ReadError, Recorded, Runner, Surroundings};
use http_wasm_testkit::report::{ExchangeReport, GuestReport, Verdict};

use crate::files;

/// The name of the reference host in `[exchange.skip]`.
pub const HOST: &str = "reference";

/// Why exchanges could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The guest's file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A host would not load the guest.
    #[error("{} is not a guest that a host can load: {source}", .path.display())]
    Load {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: LoadError,
    },
    /// The recorded exchanges cannot be read.
    #[error(transparent)]
    Recorded(#[from] ReadError),
}

/// One exchange, with what was recorded and what came out.
#[derive(Debug)]
pub struct Replayed {
    /// What was recorded.
    pub recorded: Recorded,
    /// What became of it.
    pub verdict: Verdict,
    /// What came out; `None` where it was not run, or no instance could be made.
    pub outcome: Option<Outcome>,
}

/// A guest, compiled for the reference host.
pub struct Guest {
    name: String,
    path: PathBuf,
    bytes: Vec<u8>,
    module: Module,
}

/// Grants a guest what its recorded exchanges say.
#[must_use]
pub fn grants(surroundings: &Surroundings) -> Grants {
    let Surroundings { env, dirs } = surroundings;
    let folder =
        |(guest, host): (&String, &PathBuf)| Folder { guest: guest.clone(), host: host.clone() };
    Grants {
        environment: env.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        folders: dirs.iter().map(folder).collect(),
    }
}

impl Guest {
    /// Reads and compiles a guest, for a host with the semantics of `profile`.
    ///
    /// # Errors
    /// When the file cannot be read, or such a host would not load it.
    pub fn load(path: &Path, profile: Profile) -> Result<Self, Error> {
        let bytes =
            files::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let options = Options { profile, ..Options::default() };
        let module = Module::new(&bytes, options)
            .map_err(|source| Error::Load { path: path.to_owned(), source })?;
        let name = path.file_stem().unwrap_or_default().display().to_string();
        Ok(Self { name, path: path.to_owned(), bytes, module })
    }

    /// Runs all exchanges of a file, in order, and reports.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn replay(&self, path: &Path) -> Result<GuestReport, Error> {
        let replayed = self.run(path)?;
        let report = |Replayed { recorded, verdict, .. }| ExchangeReport::new(&recorded, verdict);
        let exchanges = replayed.into_iter().map(report).collect();
        Ok(GuestReport::new(self.name.clone(), path.to_owned(), exchanges))
    }

    /// The guest with these grants.
    fn granted(&self, grants: Grants) -> Result<Module, Error> {
        let options = self.module.options();
        if grants == options.grants {
            return Ok(self.module.clone());
        }
        let options = Options { grants, ..options.clone() };
        Module::new(&self.bytes, options)
            .map_err(|source| Error::Load { path: self.path.clone(), source })
    }

    /// Runs all exchanges of a file, in order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn run(&self, path: &Path) -> Result<Vec<Replayed>, Error> {
        let file = recorded::read(path)?;
        let module = self.granted(grants(&file.surroundings))?;
        let settings = Settings { profile: module.options().profile, ..Settings::default() };
        let mut runner = Runner::new(settings, || module.instance());
        let run = |recorded: Recorded| {
            if let Some(reason) = recorded.skip.get(HOST) {
                let verdict = Verdict::Skipped { reason: reason.clone() };
                return Replayed { recorded, verdict, outcome: None };
            }
            let report = runner.run(&recorded);
            let verdict = Verdict::of(report.mismatches);
            Replayed { recorded, verdict, outcome: report.outcome }
        };
        Ok(file.exchanges.into_iter().map(run).collect())
    }
}
