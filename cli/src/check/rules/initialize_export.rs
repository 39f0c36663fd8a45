//! The rule `initialize-export`.

use http_wasm_abi::exports::{INITIALIZE, START};

use super::{Found, Hosts, Judge, Level, Module, Rule};

pub(super) const RULE: Rule = Rule {
    id: "initialize-export",
    level: Level::Warning,
    refused_by: Hosts::NONE,
    finds: "an export `_initialize`",
    why: "Traefik and the Express host call it, the Go host and Dapr do not",
    remedy: "do the work in `_start`",
    judge: Judge::Module(judge),
};

fn judge(module: &Module<'_>) -> Vec<Found> {
    let exports = |name: &str| module.info.exports.iter().any(|export| export.name == name);
    if !exports(INITIALIZE) {
        return Vec::new();
    }
    let message = if exports(START) {
        format!(
            "Traefik calls it after {START}, the Go host and Dapr never, and the Express host loads no guest with both"
        )
    } else {
        RULE.why.to_owned()
    };
    vec![Found::new(format!("export {INITIALIZE}"), message, format!("do the work in {START}"))]
}
