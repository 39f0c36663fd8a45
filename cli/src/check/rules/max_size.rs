//! The rule `max-size`.

use super::{Found, Hosts, Judge, Level, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "max-size",
    level: Level::Problem,
    refused_by: Hosts::NONE,
    finds: "a file with more bytes than `--max-size`, or `max-size` in the manifest, allows",
    why: "a guest's size is a promise of its author; nothing is refused unless a limit is set",
    remedy: "leave out what is not used, or raise the limit",
    judge: Judge::File(judge),
};

fn judge(file: &Subject<'_>) -> Vec<Found> {
    let found = file.bytes.len() as u64;
    let limit = file.limits.max_size.filter(|limit| found > *limit);
    let found = limit.map(|limit| {
        Found::new(
            "size",
            format!("found {found} bytes, wanted {limit} at most"),
            "leave out what is not used, or raise the limit (--max-size, or `max-size` in the manifest)",
        )
    });
    found.into_iter().collect()
}
