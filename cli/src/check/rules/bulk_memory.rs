//! The rule `bulk-memory`.

use std::collections::BTreeMap;

use wasmparser::{Operator, Parser, Payload, WasmFeatures};

use super::{Found, Hosts, Judge, KnownHost, Level, Module, Rule};

pub(super) const RULE: Rule = Rule {
    id: "bulk-memory",
    level: Level::Warning,
    refused_by: Hosts::of(&[KnownHost::Traefik, KnownHost::Dapr]),
    finds: "instructions of the bulk memory proposal, such as memory.copy, and passive segments",
    why: "proxies whose wazero is older than 1.9 and built with Go 1.24 or later (Traefik 3.5 to 3.7.9, Dapr) crash on them",
    remedy: "compile without it, or have wasm-opt replace it; a finding says how for the toolchain at hand",
    judge: Judge::Module(judge),
};

fn judge(module: &Module<'_>) -> Vec<Found> {
    if !module.features.any_of(WasmFeatures::BULK_MEMORY) {
        return Vec::new();
    }
    let message = format!("found {}; {}", uses(module.bytes), RULE.why);
    vec![Found::new("bulk memory", message, module.toolchain.without_bulk_memory())]
}

/// Which instructions there are, how often, and in how many functions.
fn uses(module: &[u8]) -> String {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let mut functions = 0;
    for payload in Parser::new(0).parse_all(module) {
        let Ok(Payload::CodeSectionEntry(body)) = payload else { continue };
        let Ok(operators) = body.get_operators_reader() else { continue };
        let mut here = false;
        for name in operators.into_iter().flatten().filter_map(|operator| name(&operator)) {
            *counts.entry(name).or_default() += 1;
            here = true;
        }
        functions += u32::from(here);
    }
    if counts.is_empty() {
        return "a data count or passive segment".to_owned();
    }
    let list: Vec<_> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
    format!("{} in {functions} function{}", list.join(", "), if functions == 1 { "" } else { "s" })
}

fn name(operator: &Operator<'_>) -> Option<&'static str> {
    Some(match operator {
        Operator::MemoryCopy { .. } => "memory.copy",
        Operator::MemoryFill { .. } => "memory.fill",
        Operator::MemoryInit { .. } => "memory.init",
        Operator::DataDrop { .. } => "data.drop",
        Operator::TableCopy { .. } => "table.copy",
        Operator::TableInit { .. } => "table.init",
        Operator::ElemDrop { .. } => "elem.drop",
        _ => return None,
    })
}
