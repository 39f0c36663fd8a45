//! Each rule finds what it is for and nothing in a guest that is good, and the docs list all rules.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use http_wasm_host::engine::{Module, Options};

use super::{Level, RULES, Rule};
use crate::check::{Finding, Limits, Report, check_for_paths};

const MEMORY: &str = r#"(memory (export "memory") 1)"#;
const REQUEST: &str = r#"(func (export "handle_request") (result i64) (i64.const 1))"#;
const RESPONSE: &str = r#"(func (export "handle_response") (param i32 i32))"#;

fn module(text: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {text})")).expect("the text is a module")
}

/// A good guest with something in front of its exports.
fn guest(text: &str) -> Vec<u8> {
    module(&format!("{text} {MEMORY} {REQUEST} {RESPONSE}"))
}

/// For each rule a file that it is for, and one that is nearly such a file.
fn examples() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let log = r#"(import "http_handler" "log" (func $log (param i32 i32 i32)))"#;
    let call = "(call $log (i32.const 0) (i32.const 0) (i32.const 0))";
    let pages =
        |count: u32| module(&format!(r#"(memory (export "memory") {count}) {REQUEST} {RESPONSE}"#));
    let data = |text: &str| guest("").into_iter().chain(custom_section(text)).collect();
    let mut damaged = guest("");
    damaged.truncate(damaged.len() - 1);
    vec![
        ("max-size", data(&"x".repeat(1000)), guest("")),
        ("not-a-module", b"(module)".to_vec(), module("")),
        ("invalid-module", damaged, guest("")),
        (
            "bulk-memory",
            guest("(func (memory.fill (i32.const 0) (i32.const 0) (i32.const 8)))"),
            guest("(func (i32.store8 (i32.const 0) (i32.const 0)))"),
        ),
        ("externref", guest("(func (param externref))"), guest("(func (param funcref))")),
        ("unsupported-feature", guest("(func $f (return_call $f))"), guest("(func $f (call $f))")),
        ("missing-export", module(&format!("{MEMORY} {REQUEST}")), guest("")),
        (
            "export-type",
            guest(r#"(func (export "_start") (param i32))"#),
            guest(r#"(func (export "_start"))"#),
        ),
        (
            "initialize-export",
            guest(r#"(func (export "_initialize"))"#),
            guest(r#"(func (export "initialize"))"#),
        ),
        ("unknown-import", guest(r#"(import "env" "log" (func))"#), guest(log)),
        ("import-type", guest(r#"(import "http_handler" "log" (func))"#), guest(log)),
        (
            "source-address",
            guest(
                r#"(import "http_handler" "get_source_addr" (func (param i32 i32) (result i32)))"#,
            ),
            guest(log),
        ),
        (
            "wasi-import",
            guest(r#"(import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))"#),
            guest(log),
        ),
        ("max-pages", pages(17), pages(16)),
        (
            "start-calls-host",
            guest(&format!("{log} (func $a {call}) (func $b (call $a)) (start $b)")),
            guest(&format!("{log} (func $a {call}) (func $b) (start $b)")),
        ),
        (
            "start-section",
            guest("(func $f) (start $f)"),
            guest(&format!("{log} (func $f {call}) (start $f)")),
        ),
        ("machine-path", data("/home/me/filter/src/lib.rs"), data("/workspace/src/lib.rs")),
    ]
}

fn custom_section(content: &str) -> Vec<u8> {
    let name = "text";
    let size = u16::try_from(1 + name.len() + content.len()).expect("it is short");
    // Two bytes of LEB128.
    let mut section = vec![0, (size & 0x7f) as u8 | 0x80, (size >> 7) as u8, name.len() as u8];
    section.extend_from_slice(name.as_bytes());
    section.extend_from_slice(content.as_bytes());
    section
}

fn report_of(bytes: &[u8]) -> Report {
    let limits = Limits { max_size: Some(1000), ..Limits::default() };
    check_for_paths(bytes, &limits, &[PathBuf::from("/home/me"), PathBuf::from("/rust")])
}

fn finds<'a>(report: &'a Report, rule: &Rule) -> Vec<&'a Finding> {
    let findings = match rule.level {
        Level::Problem => &report.problems,
        Level::Warning => &report.warnings,
    };
    findings.iter().filter(|finding| finding.rule == rule.id).collect()
}

#[test]
fn each_rule_finds_what_it_is_for() {
    let examples = examples();
    let ids: Vec<_> = examples.iter().map(|(id, ..)| *id).collect();
    assert_eq!(ids, RULES.iter().map(|rule| rule.id).collect::<Vec<_>>());
    for (rule, (id, bad, good)) in RULES.iter().zip(&examples) {
        let (bad, good) = (report_of(bad), report_of(good));
        assert_eq!(finds(&bad, rule).len(), 1, "{id}: {bad:#?}");
        assert!(finds(&good, rule).is_empty(), "{id}: {good:#?}");
        // What is near it has no fault of this kind, and what has one has no other.
        assert_eq!(bad.problems.len() + bad.warnings.len(), 1, "{id}: {bad:#?}");
    }
}

#[test]
fn the_engine_says_the_same_of_the_same_fault() {
    for (id, bad, _) in examples() {
        if ["missing-export", "export-type", "unknown-import", "import-type"].contains(&id) {
            let error = Module::new(&bad, Options::default()).err().expect("it is refused");
            let Finding { subject, message, remedy, .. } = &report_of(&bad).problems[0];
            let wanted = format!("{subject}: {message}; {remedy}");
            assert_eq!(error.to_string(), wanted, "{id}");
        }
    }
}

#[test]
fn rules_have_a_name_and_all_texts() {
    for rule in RULES {
        let is_kebab = |id: &str| id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        assert!(is_kebab(rule.id), "{}", rule.id);
        for text in [rule.finds, rule.why, rule.remedy] {
            assert!(!text.is_empty() && !text.ends_with('.') && !text.contains('|'), "{text}");
        }
        assert_eq!(RULES.iter().filter(|other| other.id == rule.id).count(), 1, "{}", rule.id);
    }
}

#[test]
fn names_of_a_module_cannot_act_on_a_terminal() {
    let wasm = guest(
        r#"(import "env" "a\1b[2J\0a  problem  forged" (func)) (import "\1b]0;x\07" "\e2\80\aerever" (func))
        (func (export "\1b[31m"))"#,
    );
    let report = report_of(&wasm);
    let findings = report.problems.iter().map(ToString::to_string);
    let items = report.imports.iter().chain(&report.exports).map(|item| item.name.clone());
    let texts: Vec<_> = findings.chain(items).collect();
    for text in &texts {
        assert!(!text.contains(|c: char| c.is_control() || c == '\u{202e}'), "{text:?}");
    }
    let twice = r#"(func (export "\1b[31m")) (func (export "\1b[31m"))"#;
    let error = report_of(&guest(twice)).problems.remove(0).message;
    assert!(error.contains(r"\u{1b}[31m"), "{error:?}");
    assert!(texts[0].contains(r"import env.a\u{1b}[2J\n  problem  forged: "), "{}", texts[0]);
}

/// What `docs/check-rules.md` has to be.
fn document() -> String {
    let mut text = "# The rules of `check`\n\n\
        `cargo http-wasm check` and `build` judge a guest by these rules. A *problem* is refused, because hosts will not run such\n\
        a guest; a *warning* is not. What is a problem for some hosts only is refused where `check --host HOST` names one, and by\n\
        `build` for Traefik, Dapr and the Go host. `cargo http-wasm check --explain RULE` prints what stands here.\n\n\
        This file is written by a test: `UPDATE_DOCS=1 cargo test -p cargo-http-wasm --lib rules`.\n\n\
        | rule | level | finds | why | remedy |\n| --- | --- | --- | --- | --- |\n"
        .to_owned();
    for rule in RULES {
        let (Rule { id, finds, why, remedy, .. }, level) = (rule, rule.levels());
        writeln!(text, "| `{id}` | {level} | {finds} | {why} | {remedy} |").expect("a string");
    }
    text
}

#[test]
fn the_docs_list_the_rules() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/check-rules.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, document()).expect("the docs can be written");
    }
    let found = std::fs::read_to_string(&path).expect("the docs can be read");
    assert_eq!(found, document(), "run the test with UPDATE_DOCS=1, which writes the file");
}
