//! The rule `export-type`.

use http_wasm_host::module_info::InterfaceFault;

use super::{Found, Hosts, Judge, Level, Module, Rule};

pub(super) const RULE: Rule = Rule {
    id: "export-type",
    level: Level::Problem,
    refused_by: Hosts::NONE,
    finds: "an export of the ABI with another type than the ABI gives it",
    why: "hosts look for the type along with the name, and refuse the guest",
    remedy: "give it the type that is named",
    judge: Judge::Module(judge),
};

fn judge(module: &Module<'_>) -> Vec<Found> {
    module.faults(|fault| matches!(fault, InterfaceFault::ExportType { .. }))
}
