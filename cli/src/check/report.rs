//! What a check finds, and what it is asked to hold a guest to.

use std::fmt;

use http_wasm_host::module_info::printable;
use serde::Serialize;

use super::hosts::Hosts;

/// What a guest is held to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Pages of 64 KiB that its memory has at the start. Every concurrent request costs a whole one.
    /// Without a limit, more than [`Self::USUAL_PAGES`] are a warning.
    pub max_pages: Option<u64>,
    /// Bytes of the file.
    pub max_size: Option<u64>,
    /// Hosts that it has to run on, beyond what all hosts have in common.
    pub hosts: Hosts,
}

impl Limits {
    /// The pages of memory that a guest does with, unless it has much data.
    pub const USUAL_PAGES: u64 = 16;

    /// Also holds the guest to the size that its manifest states.
    #[must_use]
    pub fn with_max_size(self, stated: Option<u64>) -> Self {
        Self { max_size: self.max_size.into_iter().chain(stated).min(), ..self }
    }
}

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Hosts will not run the guest.
    Problem,
    /// The guest runs, but not everywhere or not as one might think.
    Warning,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Problem => "problem",
            Self::Warning => "warning",
        })
    }
}

/// What a rule has found: a [`Finding`] that does not say yet which rule it is of.
pub(super) struct Found {
    /// The export, import or part of the module that it is about.
    pub(super) subject: String,
    /// What was found and what was wanted.
    pub(super) message: String,
    /// What to do.
    pub(super) remedy: String,
    /// Whether it is a problem because the user has set a limit.
    pub(super) is_beyond_limit: bool,
}

impl Found {
    pub(super) fn new(
        subject: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (subject, message, remedy) = (subject.into(), message.into(), remedy.into());
        Self { subject, message, remedy, is_beyond_limit: false }
    }
}

/// Something that a host will not accept, or that the author should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule that found it; `check --explain` says more about it.
    pub rule: &'static str,
    /// The hosts that do not run the guest for this reason, where it is not all of them.
    pub hosts: Hosts,
    /// The export, import or part of the module that it is about.
    pub subject: String,
    /// What was found and what was wanted.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {} [{}]", self.subject, self.message, self.remedy, self.rule)
    }
}

/// An export or import, with its type in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Its name; for imports `module.name`. What would act on a terminal is escaped.
    pub name: String,
    /// Its type, such as `(i32, i32) -> i32`.
    #[serde(rename = "type")]
    pub ty: String,
}

impl Item {
    pub(super) fn new(name: &str, ty: &impl fmt::Display) -> Self {
        Self { name: printable(name), ty: ty.to_string() }
    }
}

/// The verdict over a guest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Bytes of the file.
    pub size: u64,
    /// Pages of memory at the start; `None` where the module could not be read or has no memory.
    pub pages: Option<u64>,
    /// What it exports.
    pub exports: Vec<Item>,
    /// What it imports.
    pub imports: Vec<Item>,
    /// Why hosts will not run it.
    pub problems: Vec<Finding>,
    /// What works, but not everywhere or not as one might think.
    pub warnings: Vec<Finding>,
}

impl Report {
    /// The hosts that some warning is a problem for.
    #[must_use]
    pub fn doubtful_hosts(&self) -> Hosts {
        self.warnings.iter().fold(Hosts::NONE, |hosts, finding| hosts.union(finding.hosts))
    }

    /// Whether hosts will run it, and those that were asked for.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.problems.is_empty()
    }
}
