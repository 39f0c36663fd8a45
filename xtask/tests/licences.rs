//! Every crate that the workspace can compile is under a licence that lets MIT OR Apache-2.0 code
//! use it. An addition to [`ALLOWED`] is a decision; this test is where it is seen.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Licences without a duty beyond keeping their text.
const ALLOWED: [&str; 5] =
    ["Apache-2.0", "Apache-2.0 WITH LLVM-exception", "MIT", "Unicode-3.0", "Zlib"];

/// What else may be used where nobody gets a copy of it: by tests, measurements and example servers.
/// This one forbids to advertise with its authors' names.
const ALLOWED_IN_TESTS: [&str; 1] = ["BSD-3-Clause"];

#[test]
fn every_dependency_has_an_allowed_licence() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--all-features", "--locked"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");

    let handed_out = handed_out(&metadata);
    assert!(handed_out.len() > 50, "only {} are handed out", handed_out.len());
    let mut seen = 0;
    let mut refused = BTreeMap::new();
    for package in metadata["packages"].as_array().expect("a list of packages") {
        // Our own crates have no source; what is not published needs no licence field.
        if package["source"].is_null() {
            continue;
        }
        seen += 1;
        let licence = package["license"].as_str().unwrap_or("");
        let for_tests = !package["id"].as_str().is_some_and(|id| handed_out.contains(id));
        match allows(licence, for_tests) {
            Ok(true) => {}
            Ok(false) => drop(refused.insert(package["id"].to_string(), licence.to_owned())),
            Err(why) => drop(refused.insert(package["id"].to_string(), why)),
        }
    }
    assert!(seen > 50, "only {seen} dependencies were looked at");
    assert!(refused.is_empty(), "no allowed licence: {refused:#?}; allowed: {ALLOWED:?}");
}

/// What is compiled into something that somebody else gets: everything that one of our crates depends
/// on, and not for its tests alone.
fn handed_out(metadata: &serde_json::Value) -> BTreeSet<&str> {
    let nodes = metadata["resolve"]["nodes"].as_array().expect("a graph");
    let by_id: BTreeMap<&str, _> =
        nodes.iter().filter_map(|node| Some((node["id"].as_str()?, node))).collect();
    let members = metadata["workspace_members"].as_array().expect("a list of members");
    let mut todo: Vec<&str> = members.iter().filter_map(serde_json::Value::as_str).collect();
    let mut found = BTreeSet::new();
    while let Some(id) = todo.pop() {
        if !found.insert(id) {
            continue;
        }
        for dependency in by_id[id]["deps"].as_array().expect("a list of dependencies") {
            let kinds = dependency["dep_kinds"].as_array().expect("a list of kinds");
            if kinds.iter().any(|kind| kind["kind"] != "dev") {
                todo.extend(dependency["pkg"].as_str());
            }
        }
    }
    found
}

/// Whether an SPDX expression can be met with [`ALLOWED`] alone, and with [`ALLOWED_IN_TESTS`] if it
/// is only for those. `/` is the old way to write OR.
fn allows(expression: &str, for_tests: bool) -> Result<bool, String> {
    let known = |licence: &str| {
        ALLOWED.contains(&licence) || for_tests && ALLOWED_IN_TESTS.contains(&licence)
    };
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let allowed = any(&mut rest, &known)?;
    match rest.first() {
        None => Ok(allowed),
        Some(word) => Err(format!("`{expression}`: `{word}` is not expected there")),
    }
}

fn any(rest: &mut &[&str], known: &dyn Fn(&str) -> bool) -> Result<bool, String> {
    let mut allowed = all(rest, known)?;
    while take(rest, "OR") {
        allowed |= all(rest, known)?;
    }
    Ok(allowed)
}

fn all(rest: &mut &[&str], known: &dyn Fn(&str) -> bool) -> Result<bool, String> {
    let mut allowed = one(rest, known)?;
    while take(rest, "AND") {
        allowed &= one(rest, known)?;
    }
    Ok(allowed)
}

fn one(rest: &mut &[&str], known: &dyn Fn(&str) -> bool) -> Result<bool, String> {
    if take(rest, "(") {
        let allowed = any(rest, known)?;
        return if take(rest, ")") { Ok(allowed) } else { Err("a `(` is not closed".into()) };
    }
    let mut next = |what: &str| match rest.split_first() {
        Some((word, after)) if !["(", ")", "AND", "OR", "WITH"].contains(word) => {
            *rest = after;
            Ok((*word).to_owned())
        }
        found => Err(format!("wanted {what}, found {:?}", found.map(|(word, _)| word))),
    };
    let mut licence = next("a licence")?;
    if take(rest, "WITH") {
        let Some((exception, after)) = rest.split_first() else {
            return Err("wanted an exception after WITH".into());
        };
        licence = format!("{licence} WITH {exception}");
        *rest = after;
    }
    Ok(known(&licence))
}

fn take(rest: &mut &[&str], word: &str) -> bool {
    let found = rest.first() == Some(&word);
    if found {
        *rest = &rest[1..];
    }
    found
}

#[test]
fn expressions_are_read_as_spdx_says() {
    for (expression, allowed) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("MIT OR GPL-3.0-only", true),
        ("MIT AND GPL-3.0-only", false),
        ("GPL-3.0-only AND MIT OR Zlib", true),
        ("GPL-3.0-only AND (MIT OR Zlib)", false),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("Apache-2.0/MIT", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("GPL-3.0-only WITH LLVM-exception", false),
        ("Unlicense OR MIT", true),
    ] {
        assert_eq!(allows(expression, false), Ok(allowed), "{expression}");
    }
    assert_eq!(allows("MIT AND BSD-3-Clause", false), Ok(false));
    assert_eq!(allows("MIT AND BSD-3-Clause", true), Ok(true));
    assert_eq!(allows("MIT AND GPL-3.0-only", true), Ok(false));
    for broken in ["", "MIT OR", "(MIT", "MIT)", "MIT Zlib", "AND MIT", "MIT WITH"] {
        assert!(allows(broken, true).is_err(), "{broken:?}");
    }
}
