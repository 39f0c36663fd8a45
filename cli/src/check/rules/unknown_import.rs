//! The rule `unknown-import`.

use http_wasm_host::module_info::InterfaceFault;

use super::{Found, Judge, Level, Module, Rule};

pub(super) const RULE: Rule = Rule {
    id: "unknown-import",
    level: Level::Problem,
    finds: "an import that is neither a function of the ABI nor one of WASI preview 1",
    why: "a guest with an import that the host does not define cannot be instantiated",
    remedy: "do without it; from the module `env`, it often is a function that was declared and not linked",
    judge: Judge::Module(judge),
};

fn judge(module: &Module<'_>) -> Vec<Found> {
    module.faults(|fault| matches!(fault, InterfaceFault::UnknownImport { .. }))
}
