//! The rules that a guest is checked by, one module each.
//!
//! To add one, write a module with a `RULE`, name it in `rules!` below, and give it examples in
//! `tests.rs`. The tests there write its line of `docs/check-rules.md` when `UPDATE_DOCS` is set.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;

use super::hosts::{Hosts, KnownHost};
use super::report::{Found, Level};
use super::subject::{Module, Subject};

/// Declares the modules and lists their rules, in the order in which they are applied.
macro_rules! rules {
    ($($name:ident),+ $(,)?) => {
        $(mod $name;)+

        /// All rules.
        pub const RULES: &[Rule] = &[$($name::RULE),+];
    };
}

rules!(
    max_size,
    not_a_module,
    invalid_module,
    bulk_memory,
    externref,
    unsupported_feature,
    missing_export,
    export_type,
    initialize_export,
    unknown_import,
    import_type,
    source_address,
    wasi_import,
    max_pages,
    start_calls_host,
    start_section,
    machine_path,
);

/// Something that a guest must not have, or that its author should know.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Rule {
    /// Its name, in kebab-case.
    pub id: &'static str,
    /// How serious a finding is.
    pub level: Level,
    /// The hosts for which a warning is a problem.
    pub refused_by: Hosts,
    /// What it finds.
    pub finds: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// What to do, in general; a finding says it for its case.
    pub remedy: &'static str,
    #[serde(skip)]
    pub(super) judge: Judge,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Judge {
    /// Any file.
    File(fn(&Subject<'_>) -> Vec<Found>),
    /// Valid modules only.
    Module(fn(&Module<'_>) -> Vec<Found>),
}

impl Rule {
    /// How serious a finding is, for people.
    #[must_use]
    pub fn levels(&self) -> String {
        match self.refused_by {
            Hosts::NONE => self.level.to_string(),
            hosts => format!("{}; problem for {hosts}", self.level),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, finds, why, remedy, .. } = self;
        let level = self.levels();
        write!(f, "{id} ({level})\n  finds   {finds}\n  why     {why}\n  remedy  {remedy}\n")
    }
}
