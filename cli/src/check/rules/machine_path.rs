//! The rule `machine-path`.

use std::path::Path;

use http_wasm_host::module_info::printable;

use super::{Found, Hosts, Judge, Level, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "machine-path",
    level: Level::Warning,
    refused_by: Hosts::NONE,
    finds: "a path of the machine that the guest was built on: of the project, cargo's home or the compiler",
    why: "a build in another folder gives other bytes, and the path tells strangers about the machine",
    remedy: "look for env! or include! in the filter and in what it depends on",
    judge: Judge::File(judge),
};

fn judge(file: &Subject<'_>) -> Vec<Found> {
    let is_inside = |path: &Path| {
        let path = path.as_os_str().as_encoded_bytes();
        !path.is_empty() && file.bytes.windows(path.len()).any(|window| window == path)
    };
    // The most special one comes last, and the others are often its beginning.
    let found = file.machine_paths.iter().rev().find(|path| is_inside(path)).map(|path| {
        let path = printable(&path.display().to_string());
        let message =
            format!("{path} is in the guest, so a build in another folder gives other bytes");
        Found::new("path of this machine", message, RULE.remedy)
    });
    found.into_iter().collect()
}
