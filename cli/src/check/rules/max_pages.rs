//! The rule `max-pages`.

use super::{Found, Judge, Level, Module, Rule};

pub(super) const RULE: Rule = Rule {
    id: "max-pages",
    level: Level::Problem,
    finds: "a memory with more pages of 64 KiB at the start than `--max-pages` allows, 16 unless changed",
    why: "every concurrent request costs as much",
    remedy: "make the stack smaller (link with -zstack-size=16384) or the static data, or raise --max-pages",
    judge: Judge::Module(judge),
};

fn judge(module: &Module<'_>) -> Vec<Found> {
    let limit = module.limits.max_pages;
    // An imported memory is an unknown import already, and its size is not the guest's own.
    let memory = module.info.memories.first().filter(|memory| !memory.is_imported);
    let found = memory.map(|memory| memory.initial_pages).filter(|pages| *pages > limit);
    let found = found.map(|pages| {
        let message = format!(
            "found {pages} pages of 64 KiB at the start, wanted {limit} at most, because {}",
            RULE.why
        );
        Found::new("memory", message, RULE.remedy)
    });
    found.into_iter().collect()
}
