//! Every crate that the workspace can compile is under a licence that lets MIT OR Apache-2.0 code
//! use it. An addition to [`ALLOWED`] is a decision; this test is where it is seen.

use std::collections::BTreeMap;
use std::process::Command;

/// Licences without a duty beyond keeping their text.
const ALLOWED: [&str; 5] =
    ["Apache-2.0", "Apache-2.0 WITH LLVM-exception", "MIT", "Unicode-3.0", "Zlib"];

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

    let mut seen = 0;
    let mut refused = BTreeMap::new();
    for package in metadata["packages"].as_array().expect("a list of packages") {
        // Our own crates have no source; what is not published needs no licence field.
        if package["source"].is_null() {
            continue;
        }
        seen += 1;
        let licence = package["license"].as_str().unwrap_or("");
        match allows(licence) {
            Ok(true) => {}
            Ok(false) => drop(refused.insert(package["id"].to_string(), licence.to_owned())),
            Err(why) => drop(refused.insert(package["id"].to_string(), why)),
        }
    }
    assert!(seen > 50, "only {seen} dependencies were looked at");
    assert!(refused.is_empty(), "no allowed licence: {refused:#?}; allowed: {ALLOWED:?}");
}

/// Whether an SPDX expression can be met with [`ALLOWED`] alone. `/` is the old way to write OR.
fn allows(expression: &str) -> Result<bool, String> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let allowed = any(&mut rest)?;
    match rest.first() {
        None => Ok(allowed),
        Some(word) => Err(format!("`{expression}`: `{word}` is not expected there")),
    }
}

fn any(rest: &mut &[&str]) -> Result<bool, String> {
    let mut allowed = all(rest)?;
    while take(rest, "OR") {
        allowed |= all(rest)?;
    }
    Ok(allowed)
}

fn all(rest: &mut &[&str]) -> Result<bool, String> {
    let mut allowed = one(rest)?;
    while take(rest, "AND") {
        allowed &= one(rest)?;
    }
    Ok(allowed)
}

fn one(rest: &mut &[&str]) -> Result<bool, String> {
    if take(rest, "(") {
        let allowed = any(rest)?;
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
    Ok(ALLOWED.contains(&licence.as_str()))
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
        assert_eq!(allows(expression), Ok(allowed), "{expression}");
    }
    for broken in ["", "MIT OR", "(MIT", "MIT)", "MIT Zlib", "AND MIT", "MIT WITH"] {
        assert!(allows(broken).is_err(), "{broken:?}");
    }
}
