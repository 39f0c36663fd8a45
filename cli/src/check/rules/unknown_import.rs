//! The rule `unknown-import`.

use http_wasm_host::module_info::InterfaceFault;

use super::{Found, Hosts, Judge, Level, Module, Rule};

pub(super) const RULE: Rule = Rule {
    id: "unknown-import",
    level: Level::Problem,
    refused_by: Hosts::NONE,
    finds: "an import that is neither a function of the ABI nor one of WASI preview 1",
    why: "a guest with an import that the host does not define cannot be instantiated",
    remedy: "do without it; from the module `env`, it often is a function that was declared and not linked",
    judge: Judge::Module(judge),
};

fn judge(module: &Module<'_>) -> Vec<Found> {
    let mut found = module.faults(|fault| matches!(fault, InterfaceFault::UnknownImport { .. }));
    for found in &mut found {
        let import = found.subject.strip_prefix("import ").and_then(|name| name.split_once('.'));
        let remedy = import.and_then(|(from, _)| module.toolchain.without_import(from));
        if let Some(remedy) = remedy {
            found.remedy = remedy.to_owned();
        }
    }
    found
}
