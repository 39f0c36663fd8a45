//! The rule `unsupported-feature`.

use http_wasm_host::module_info::printable;
use wasmparser::WasmFeatures;

use super::{Found, Hosts, Judge, Level, Module, Rule};

pub(super) const RULE: Rule = Rule {
    id: "unsupported-feature",
    level: Level::Problem,
    refused_by: Hosts::NONE,
    finds: "proposals beyond WebAssembly 2.0, such as tail calls, exceptions, threads and garbage collection",
    why: "hosts accept WebAssembly 2.0 only",
    remedy: "compile without it, such as for the target wasm32v1-none",
    judge: Judge::Module(judge),
};

/// What other rules report.
const OTHER_RULES: WasmFeatures = WasmFeatures::BULK_MEMORY.union(WasmFeatures::GC_TYPES);

fn judge(module: &Module<'_>) -> Vec<Found> {
    let remedy = format!("{}: {}", RULE.why, RULE.remedy);
    let features = &module.features;
    if let (true, Some(error)) = (features.features.is_empty(), &features.error) {
        // Two features together do what neither does alone; the validator's own words must do.
        let message = format!("the module needs more than WebAssembly 2.0: {}", printable(error.message()));
        return vec![Found::new(format!("byte {}", error.offset()), message, remedy)];
    }
    let needed: Vec<_> = features
        .features
        .iter()
        .filter(|(_, feature)| !OTHER_RULES.contains(*feature))
        .collect();
    // Features imply others; only the ones that no other one of the list stands for are named.
    let is_implied = |feature: WasmFeatures| {
        needed.iter().any(|(_, other)| *other != feature && other.contains(feature))
    };
    needed
        .iter()
        .filter(|(_, feature)| !is_implied(*feature))
        .map(|(name, _)| {
            let name = name.to_ascii_lowercase().replace('_', " ");
            let message = format!("the module needs the feature {name}");
            Found::new(name, message, &remedy)
        })
        .collect()
}
