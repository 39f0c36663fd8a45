//! Which proposals of WebAssembly a guest needs, and whether all hosts have them.

use std::collections::BTreeMap;

use wasmparser::{BinaryReaderError, Operator, Parser, Payload, Validator, WasmFeatures};

use super::Report;

/// What all hosts accept: WebAssembly 2.0 without bulk memory and `externref`.
///
/// Bulk memory is part of 2.0, and hosts do accept it; but wazero before 1.9, built with Go 1.24 or
/// later, corrupts a register in it, and proxies that people run today are that pair. `externref` is
/// part of it too; the engine of the reference host is built without. What the validator calls the
/// types of garbage collection is in 2.0 that one type.
pub const ACCEPTED: WasmFeatures =
    WasmFeatures::WASM2.difference(WasmFeatures::BULK_MEMORY).difference(WasmFeatures::GC_TYPES);

const NO_HOST: &str =
    "hosts accept WebAssembly 2.0 only: compile without it, such as for the target wasm32v1-none";

/// Validates a module. Returns whether it can be read at all; what it needs and must not is reported.
pub(super) fn check(bytes: &[u8], report: &mut Report) -> bool {
    if validate(bytes, ACCEPTED).is_ok() {
        return true;
    }
    if let Err(error) = validate(bytes, WasmFeatures::all()) {
        report.problem(
            format!("byte {}", error.offset()),
            format!("the module is not valid: {}", error.message()),
            "build it again; it may be truncated or damaged",
        );
        return false;
    }
    // What everything together accepts and everything but one feature does not needs that feature.
    let mut needed = Vec::new();
    for (name, feature) in WasmFeatures::all().difference(ACCEPTED).iter_names() {
        if validate(bytes, WasmFeatures::all().difference(feature)).is_err() {
            needed.push((name, feature));
        }
    }
    let bulk = |feature: WasmFeatures| WasmFeatures::BULK_MEMORY.contains(feature);
    if needed.iter().any(|(_, feature)| bulk(*feature)) {
        report.problem(
            "bulk memory",
            format!(
                "found {}; proxies whose wazero is older than 1.9 and built with Go 1.24 or later (Traefik 3.5 to 3.7.9, Dapr) crash on it",
                bulk_memory_uses(bytes)
            ),
            "compile for the target wasm32v1-none, or run wasm-opt --llvm-memory-copy-fill-lowering",
        );
    }
    needed.retain(|(_, feature)| !bulk(*feature));
    externref(bytes, &mut needed, report);
    // Features imply others; only the ones that no other one of the list stands for are named.
    for (name, feature) in &needed {
        let implied = needed.iter().any(|(_, other)| other != feature && other.contains(*feature));
        if !implied {
            let name = name.to_ascii_lowercase().replace('_', " ");
            report.problem(name.clone(), format!("the module needs the feature {name}"), NO_HOST);
        }
    }
    if report.problems.is_empty() {
        // Two features together do what neither does alone; the validator's own words must do.
        if let Err(error) = validate(bytes, ACCEPTED) {
            report.problem(
                format!("byte {}", error.offset()),
                format!("the module needs more than WebAssembly 2.0: {}", error.message()),
                NO_HOST,
            );
        }
    }
    true
}

/// Reports `externref` where that is what the types of garbage collection are needed for. Of the
/// proposals that have others of them, one more is needed then, and named instead.
fn externref(bytes: &[u8], needed: &mut Vec<(&'static str, WasmFeatures)>, report: &mut Report) {
    const OTHERS: WasmFeatures = WasmFeatures::GC.union(WasmFeatures::STACK_SWITCHING);
    needed.retain(|(_, feature)| *feature != WasmFeatures::GC_TYPES);
    if needed.iter().any(|(_, feature)| OTHERS.contains(*feature)) {
        return;
    }
    if let Err(error) = validate(bytes, WasmFeatures::all().difference(WasmFeatures::GC_TYPES)) {
        report.problem(
            "externref",
            format!(
                "found the type at byte {}, wanted numbers and funcref, because the reference host does not load it, and no function of the ABI has a value of it",
                error.offset()
            ),
            "compile without reference types, such as for the target wasm32v1-none",
        );
    }
}

fn validate(bytes: &[u8], features: WasmFeatures) -> Result<(), BinaryReaderError> {
    Validator::new_with_features(features).validate_all(bytes).map(|_| ())
}

/// Which bulk memory instructions there are, how often, and in how many functions.
fn bulk_memory_uses(bytes: &[u8]) -> String {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let mut functions = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        let Ok(Payload::CodeSectionEntry(body)) = payload else { continue };
        let Ok(operators) = body.get_operators_reader() else { continue };
        let mut here = false;
        for operator in operators.into_iter().flatten() {
            if let Some(name) = bulk_memory_name(&operator) {
                *counts.entry(name).or_default() += 1;
                here = true;
            }
        }
        functions += u32::from(here);
    }
    if counts.is_empty() {
        return "a data count or passive segment".to_owned();
    }
    let list: Vec<_> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
    format!("{} in {functions} function{}", list.join(", "), if functions == 1 { "" } else { "s" })
}

fn bulk_memory_name(operator: &Operator<'_>) -> Option<&'static str> {
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
