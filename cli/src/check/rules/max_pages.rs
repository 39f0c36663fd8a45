//! The rule `max-pages`.

use super::super::report::Limits;
use super::{Found, Hosts, Judge, Level, Module, Rule};

pub(super) const RULE: Rule = Rule {
    id: "max-pages",
    level: Level::Warning,
    refused_by: Hosts::NONE,
    finds: "a memory with more than 16 pages of 64 KiB at the start, or, as a problem, with more than `--max-pages` allows",
    why: "every concurrent request costs as much",
    remedy: "make the stack or the static data smaller; a finding says how for the toolchain at hand",
    judge: Judge::Module(judge),
};

fn judge(module: &Module<'_>) -> Vec<Found> {
    let limit = module.limits.max_pages;
    let wanted = limit.unwrap_or(Limits::USUAL_PAGES);
    // An imported memory is an unknown import already, and its size is not the guest's own.
    let memory = module.info.memories.first().filter(|memory| !memory.is_imported);
    let found = memory.map(|memory| memory.initial_pages).filter(|pages| *pages > wanted);
    let found = found.map(|pages| {
        let message = format!(
            "found {pages} pages of 64 KiB at the start, wanted {wanted} at most, because {}",
            RULE.why
        );
        let remedy = module.toolchain.with_fewer_pages();
        Found { is_beyond_limit: limit.is_some(), ..Found::new("memory", message, remedy) }
    });
    found.into_iter().collect()
}
