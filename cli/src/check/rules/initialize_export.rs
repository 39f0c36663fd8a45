//! The rule `initialize-export`.

use http_wasm_abi::exports::{INITIALIZE, START};

use super::{Found, Judge, Level, Module, Rule};

pub(super) const RULE: Rule = Rule {
    id: "initialize-export",
    level: Level::Warning,
    finds: "an export `_initialize`",
    why: "Traefik calls it after `_start`, and no other host calls it",
    remedy: "do the work in `_start`",
    judge: Judge::Module(judge),
};

fn judge(module: &Module<'_>) -> Vec<Found> {
    let found = module.info.exports.iter().filter(|export| export.name == INITIALIZE);
    found
        .map(|export| {
            Found::new(
                format!("export {}", export.name),
                format!("Traefik calls it after {START}, and no other host calls it"),
                format!("do the work in {START}"),
            )
        })
        .collect()
}
