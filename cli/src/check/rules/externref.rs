//! The rule `externref`.

use wasmparser::WasmFeatures;

use super::super::features::validate;
use super::{Found, Hosts, Judge, Level, Module, Rule};

pub(super) const RULE: Rule = Rule {
    id: "externref",
    level: Level::Problem,
    refused_by: Hosts::NONE,
    finds: "the type `externref`",
    why: "the reference host does not load it, and no function of the ABI has a value of it",
    remedy: "compile without reference types, such as for the target wasm32v1-none",
    judge: Judge::Module(judge),
};

/// Proposals that have other types of what the validator counts as garbage collection. Where one of
/// them is needed, that is what `unsupported-feature` names.
const OTHERS: WasmFeatures = WasmFeatures::GC.union(WasmFeatures::STACK_SWITCHING);

fn judge(module: &Module<'_>) -> Vec<Found> {
    let needed = &module.features;
    if !needed.any_of(WasmFeatures::GC_TYPES) || needed.any_of(OTHERS) {
        return Vec::new();
    }
    let without = WasmFeatures::all().difference(WasmFeatures::GC_TYPES);
    let found = validate(module.bytes, without).err().map(|error| {
        let (place, why) = (error.offset(), RULE.why);
        let message =
            format!("found the type at byte {place}, wanted numbers and funcref, because {why}");
        Found::new("externref", message, RULE.remedy)
    });
    found.into_iter().collect()
}
