//! Whether a guest will load and run on every host: a verdict over the final bytes.
//!
//! This module does not ask how a guest was made; any guest in any language can be checked. All
//! findings are collected, and each names its rule, what it is about, what was found and wanted, and
//! what to do. The rules are in [`rules`].
//!
//! What a guest *does* is not judged here: that takes its recorded exchanges.

mod features;
mod hosts;
mod report;
pub mod rules;
mod subject;
#[cfg(test)]
mod tests;
mod toolchain;

use std::path::PathBuf;

pub use features::ACCEPTED;
pub use hosts::{Hosts, KnownHost};
pub use report::{Finding, Item, Level, Limits, Report};

use report::Found;
use rules::{Judge, RULES};
use subject::{Content, Subject};

/// Checks the bytes of a guest.
#[must_use]
pub fn check(bytes: &[u8], limits: &Limits) -> Report {
    check_for_paths(bytes, limits, &[])
}

/// Checks the bytes of a guest, and that no path below one of these folders is in it.
#[must_use]
pub fn check_for_paths(bytes: &[u8], limits: &Limits, machine_paths: &[PathBuf]) -> Report {
    let subject = Subject::read(bytes, limits, machine_paths);
    let mut report = Report { size: bytes.len() as u64, ..Report::default() };
    if let Content::Module(module) = &subject.content {
        let info = &module.info;
        report.pages = info.memories.first().map(|memory| memory.initial_pages);
        report.exports =
            info.exports.iter().map(|export| Item::new(&export.name, &export.ty)).collect();
        let imports = info.imports.iter();
        report.imports = imports
            .map(|import| Item::new(&format!("{}.{}", import.module, import.name), &import.ty))
            .collect();
    }
    for rule in RULES {
        let found = match (rule.judge, &subject.content) {
            (Judge::File(judge), _) => judge(&subject),
            (Judge::Module(judge), Content::Module(module)) => judge(module),
            (Judge::Module(_), _) => Vec::new(),
        };
        for Found { subject, message, remedy, is_beyond_limit } in found {
            let is_problem = rule.level == Level::Problem
                || rule.refused_by.intersects(limits.hosts)
                || is_beyond_limit;
            let findings = if is_problem { &mut report.problems } else { &mut report.warnings };
            let (rule, hosts) = (rule.id, rule.refused_by);
            findings.push(Finding { rule, hosts, subject, message, remedy });
        }
    }
    report
}
