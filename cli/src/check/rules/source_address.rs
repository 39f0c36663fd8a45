//! The rule `source-address`.

use http_wasm_abi::{Function, MODULE};

use super::{Found, Hosts, Judge, KnownHost, Level, Module, Rule};

pub(super) const RULE: Rule = Rule {
    id: "source-address",
    level: Level::Warning,
    refused_by: Hosts::of(&[KnownHost::Express]),
    finds: "an import of `get_source_addr`",
    why: "hosts from before October 2023 and the Express host lack it, and do not load the guest",
    remedy: "leave it out where the filter is meant for them",
    judge: Judge::Module(judge),
};

fn judge(module: &Module<'_>) -> Vec<Found> {
    let function = Function::GetSourceAddr;
    if module.info.imports_function(function) {
        vec![Found::new(format!("import {MODULE}.{function}"), RULE.why, RULE.remedy)]
    } else {
        Vec::new()
    }
}
