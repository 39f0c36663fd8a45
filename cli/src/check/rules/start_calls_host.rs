//! The rule `start-calls-host`.

use super::{Found, Hosts, Judge, Level, Module, Rule};

pub(super) const RULE: Rule = Rule {
    id: "start-calls-host",
    level: Level::Problem,
    refused_by: Hosts::NONE,
    finds: "a start section whose function may call the host",
    why: "on some hosts it runs before there is a host to call",
    remedy: "export the function as _start instead (AssemblyScript: `--exportStart _start`)",
    judge: Judge::Module(judge),
};

fn judge(module: &Module<'_>) -> Vec<Found> {
    if !may_call_host(module) {
        return Vec::new();
    }
    let message = "its function may call the host, and on some hosts it runs before there is one";
    vec![Found::new("start section", message, RULE.remedy)]
}

/// Whether there is a start section, and its function may call an imported one.
pub(super) fn may_call_host(module: &Module<'_>) -> bool {
    let info = &module.info;
    info.start.is_some_and(|start| {
        let reaches = info.may_reach([start], |function| function < info.imported_functions);
        reaches[start as usize]
    })
}
