//! The rule `import-type`.

use http_wasm_host::module_info::InterfaceFault;

use super::{Found, Hosts, Judge, Level, Module, Rule};

pub(super) const RULE: Rule = Rule {
    id: "import-type",
    level: Level::Problem,
    refused_by: Hosts::NONE,
    finds: "an import of the ABI or of WASI that is declared with another type",
    why: "a guest whose import has another type than the host's function cannot be instantiated",
    remedy: "declare the import with the type that is named",
    judge: Judge::Module(judge),
};

fn judge(module: &Module<'_>) -> Vec<Found> {
    module.faults(|fault| matches!(fault, InterfaceFault::ImportType { .. }))
}
