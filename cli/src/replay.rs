//! Runs recorded exchanges against a guest on the reference host, and counts.
//!
//! The guest is the bytes of a module, in whatever language it was written; what an exchange means
//! and whether it passed is decided by `http_wasm_testkit::recorded`.

use std::fmt;
use std::path::{Path, PathBuf};

use http_wasm_host::engine::{LoadError, Module, Options};
use http_wasm_model::Profile;
use http_wasm_model::exchange::Settings;
use http_wasm_testkit::Outcome;
use http_wasm_testkit::recorded::{self, Mismatch, ReadError, Recorded, Runner};
use serde::Serialize;
use serde::ser::{SerializeStruct as _, Serializer};

/// What `[exchange.skip]` calls the reference host.
pub const HOST: &str = "reference";

/// Why nothing was replayed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The guest's file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// No host would load the guest.
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

/// What became of one exchange; `D` says what differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", content = "why", rename_all = "snake_case")]
pub enum Verdict<D = Mismatch> {
    /// Everything that could be compared was as expected.
    Passed,
    /// These things were not.
    Failed(Vec<D>),
    /// It was not played here, for this reason.
    NotApplicable(String),
}

/// One exchange, and what became of it.
#[derive(Debug)]
pub struct Played {
    /// What was to happen.
    pub recorded: Recorded,
    /// Whether it did.
    pub verdict: Verdict,
    /// What did happen; `None` where it was not played, or no instance could be made.
    pub outcome: Option<Outcome>,
}

/// The exchanges of one file.
#[derive(Debug)]
pub struct Report {
    /// The file.
    pub path: PathBuf,
    /// Its exchanges, in order.
    pub exchanges: Vec<Played>,
}

/// How many exchanges ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// As expected.
    pub passed: usize,
    /// Otherwise.
    pub failed: usize,
    /// Not played.
    pub not_applicable: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>4} passed {:>3} failed", self.passed, self.failed)?;
        if self.not_applicable > 0 {
            write!(f, " {:>3} not applicable", self.not_applicable)?;
        }
        Ok(())
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.not_applicable += other.not_applicable;
    }
}

impl<'a, D: 'a> FromIterator<&'a Verdict<D>> for Counts {
    fn from_iter<I: IntoIterator<Item = &'a Verdict<D>>>(verdicts: I) -> Self {
        let mut counts = Self::default();
        for verdict in verdicts {
            *match verdict {
                Verdict::Passed => &mut counts.passed,
                Verdict::Failed(_) => &mut counts.failed,
                Verdict::NotApplicable(_) => &mut counts.not_applicable,
            } += 1;
        }
        counts
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        let mut total = Self::default();
        all.for_each(|counts| total += counts);
        total
    }
}

impl Report {
    /// How many ended how.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.exchanges.iter().map(|played| &played.verdict).collect()
    }

    /// Each failure and each exchange that was not played, for a person: where it stands, and why.
    #[must_use]
    pub fn details(&self) -> Vec<String> {
        let mut details = Vec::new();
        for Played { recorded, verdict, .. } in &self.exchanges {
            let place = format!("{}:{}: {}", self.path.display(), recorded.line, recorded.name);
            match verdict {
                Verdict::Passed => {}
                Verdict::Failed(mismatches) => {
                    let reasons: String =
                        mismatches.iter().map(|mismatch| format!("\n    {mismatch}")).collect();
                    details.push(format!("failed: {place}{reasons}"));
                }
                Verdict::NotApplicable(reason) => {
                    details.push(format!("not applicable: {place}\n    {reason}"));
                }
            }
        }
        details
    }
}

impl Serialize for Played {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Difference<'a> {
            what: &'a str,
            wanted: &'a str,
            found: &'a str,
        }
        let mut object = serializer.serialize_struct("Played", 5)?;
        object.serialize_field("name", &self.recorded.name)?;
        object.serialize_field("line", &self.recorded.line)?;
        let (verdict, reason, mismatches): (_, Option<&str>, &[Mismatch]) = match &self.verdict {
            Verdict::Passed => ("passed", None, &[]),
            Verdict::Failed(mismatches) => ("failed", None, mismatches),
            Verdict::NotApplicable(reason) => ("not applicable", Some(reason), &[]),
        };
        object.serialize_field("verdict", verdict)?;
        object.serialize_field("reason", &reason)?;
        let differences: Vec<_> = mismatches
            .iter()
            .map(|Mismatch { what, wanted, found }| Difference { what, wanted, found })
            .collect();
        object.serialize_field("mismatches", &differences)?;
        object.end()
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Report", 3)?;
        object.serialize_field("path", &self.path)?;
        object.serialize_field("counts", &self.counts())?;
        object.serialize_field("exchanges", &self.exchanges)?;
        object.end()
    }
}

/// A guest, compiled for the reference host.
pub struct Guest {
    module: Module,
}

impl Guest {
    /// Reads and compiles a guest, for a host with the semantics of `profile`.
    ///
    /// # Errors
    /// When the file cannot be read, or such a host would not load it.
    pub fn load(path: &Path, profile: Profile) -> Result<Self, Error> {
        let bytes =
            std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let options = Options { profile, ..Options::default() };
        let module = Module::new(&bytes, options)
            .map_err(|source| Error::Load { path: path.to_owned(), source })?;
        Ok(Self { module })
    }

    /// Plays all exchanges of a file, in order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn replay(&self, path: &Path) -> Result<Report, Error> {
        let file = recorded::read(path)?;
        let settings = Settings { profile: self.module.options().profile, ..Settings::default() };
        let mut runner = Runner::new(settings, || self.module.instance());
        let play = |recorded: Recorded| {
            if let Some(reason) = recorded.skip.get(HOST) {
                let verdict = Verdict::NotApplicable(reason.clone());
                return Played { recorded, verdict, outcome: None };
            }
            let report = runner.play(&recorded);
            let verdict =
                if report.passed() { Verdict::Passed } else { Verdict::Failed(report.mismatches) };
            Played { recorded, verdict, outcome: report.outcome }
        };
        let exchanges = file.exchanges.into_iter().map(play).collect();
        Ok(Report { path: path.to_owned(), exchanges })
    }
}
