//! The rule `wasi-import`.

use http_wasm_abi::WASI_MODULE;

use super::{Found, Judge, Level, Module, Rule};

pub(super) const RULE: Rule = Rule {
    id: "wasi-import",
    level: Level::Warning,
    finds: "imports of WASI preview 1",
    why: "hosts grant no files, no arguments, no environment, and Traefik's clock and random numbers are fake",
    remedy: "compile for wasm32v1-none where std is not needed",
    judge: Judge::Module(judge),
};

fn judge(module: &Module<'_>) -> Vec<Found> {
    let imports = module.info.imports.iter().filter(|import| import.module == WASI_MODULE);
    let count = imports.count();
    if count == 0 {
        return Vec::new();
    }
    let functions = if count == 1 { "function" } else { "functions" };
    let message = format!("{count} {functions} of WASI: {}", RULE.why);
    vec![Found::new(format!("import {WASI_MODULE}"), message, RULE.remedy)]
}
