//! The rule `invalid-module`.

use super::super::subject::Content;
use super::{Found, Hosts, Judge, Level, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "invalid-module",
    level: Level::Problem,
    refused_by: Hosts::NONE,
    finds: "a module that is not valid, whatever proposals of WebAssembly are allowed",
    why: "no engine loads it",
    remedy: "build it again; it may be truncated or damaged",
    judge: Judge::File(judge),
};

fn judge(file: &Subject<'_>) -> Vec<Found> {
    let Content::Invalid(place, error) = &file.content else { return Vec::new() };
    let message = format!("the module is not valid: {error}");
    vec![Found::new(place, message, "build it again; it may be truncated or damaged")]
}
