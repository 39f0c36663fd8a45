//! The rule `start-section`.

use super::start_calls_host::may_call_host;
use super::{Found, Hosts, Judge, Level, Module, Rule};

pub(super) const RULE: Rule = Rule {
    id: "start-section",
    level: Level::Warning,
    refused_by: Hosts::NONE,
    finds: "a start section whose function does not call the host",
    why: "it runs while the module is instantiated, before the host is ready",
    remedy: "export the function as _start instead (AssemblyScript: `--exportStart _start`)",
    judge: Judge::Module(judge),
};

fn judge(module: &Module<'_>) -> Vec<Found> {
    if module.info.start.is_none() || may_call_host(module) {
        return Vec::new();
    }
    let message = "its function runs while the module is instantiated, before the host is ready";
    vec![Found::new("start section", message, RULE.remedy)]
}
