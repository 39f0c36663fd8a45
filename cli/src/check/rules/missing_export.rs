//! The rule `missing-export`.

use http_wasm_host::module_info::InterfaceFault;

use super::{Found, Hosts, Judge, Level, Module, Rule};

pub(super) const RULE: Rule = Rule {
    id: "missing-export",
    level: Level::Problem,
    refused_by: Hosts::NONE,
    finds: "an export of the ABI that is not there: the memory, `handle_request` or `handle_response`",
    why: "every host asks for them before the first request, and reads and writes all arguments in the memory",
    remedy: "export it under this name, even as an empty function",
    judge: Judge::Module(judge),
};

fn judge(module: &Module<'_>) -> Vec<Found> {
    module.faults(|fault| matches!(fault, InterfaceFault::MissingExport { .. }))
}
