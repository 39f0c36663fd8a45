//! `new`, `test` and `demo` as a user runs them: their output, what they leave behind, and their exit
//! codes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cargo_http_wasm::project::Project;
use cargo_http_wasm::tools::WasmOpt;

/// Runs the tool in `folder`, with a shared target folder, so that only the first run compiles the
/// dependencies of filters.
fn tool(folder: &Path, arguments: &[&str]) -> Output {
    let wasm_opt = WasmOpt::find_or_install(None, &target_of_this_repository());
    Command::new(env!("CARGO_BIN_EXE_cargo-http-wasm"))
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/filters"))
        .env("WASM_OPT", wasm_opt.expect("the optimiser is there or can be installed").program())
        .output()
        .expect("the tool runs")
}

fn target_of_this_repository() -> PathBuf {
    let here = Project::locate(Some(&Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")));
    here.expect("this repository").target_dir
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn text(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout);
    format!("{stdout}\n{}", String::from_utf8_lossy(&output.stderr))
}

fn scaffold(folder: &Path, name: &str) -> PathBuf {
    let output = tool(folder, &["new", name]);
    assert_eq!(code(&output), Some(0), "{}", text(&output));
    let made = folder.join(name);
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
    std::fs::copy(lock, made.join("Cargo.lock")).expect("writable");
    made
}

#[test]
fn new_refuses_with_2_and_says_why() {
    let temp = tempfile::tempdir().expect("a temporary folder");
    let made = scaffold(temp.path(), "once");
    let manifest = std::fs::read_to_string(made.join("Cargo.toml")).expect("written");
    let again = tool(temp.path(), &["new", "once"]);
    assert_eq!(code(&again), Some(2));
    assert!(text(&again).contains("exists already and is left as it is"), "{}", text(&again));
    assert_eq!(std::fs::read_to_string(made.join("Cargo.toml")).expect("there"), manifest);

    let bad = tool(temp.path(), &["new", "core"]);
    assert_eq!(code(&bad), Some(2));
    assert!(text(&bad).contains("error: crate name `core`"), "{}", text(&bad));
    let unknown = tool(temp.path(), &["new", "fine", "--template", "x"]);
    assert_eq!(code(&unknown), Some(2));
    assert!(text(&unknown).contains("the templates are: "), "{}", text(&unknown));
    assert_eq!(std::fs::read_dir(temp.path()).expect("readable").count(), 1);
}

#[test]
fn test_passes_a_fresh_filter_and_fails_a_broken_one() {
    let temp = tempfile::tempdir().expect("a temporary folder");
    let made = scaffold(temp.path(), "tested");
    // Native tests are for this machine, whatever packages are compiled to otherwise.
    let config = made.join(".cargo/config.toml");
    let alias = std::fs::read_to_string(&config).expect("written");
    std::fs::write(&config, format!("{alias}[build]\ntarget = \"wasm32v1-none\"\n"))
        .expect("writable");
    let good = tool(&made, &["test"]);
    assert_eq!(code(&good), Some(0), "{}", text(&good));
    assert!(text(&good).contains("native tests: passed"), "{}", text(&good));
    assert!(text(&good).contains("2 passed   0 failed"), "{}", text(&good));

    let exchanges = made.join("exchanges.toml");
    let broken = std::fs::read_to_string(&exchanges)
        .expect("written")
        .replace("headers = { x-greeting = [\"hello\"] }", "headers = { x-greeting = \"bye\" }");
    std::fs::write(&exchanges, broken).expect("writable");
    let bad = tool(&made, &["test", "tested"]);
    assert_eq!(code(&bad), Some(1), "{}", text(&bad));
    assert!(text(&bad).contains("native tests: FAILED"), "{}", text(&bad));
    assert!(text(&bad).contains("1 passed   1 failed"), "{}", text(&bad));
    assert!(text(&bad).contains("replaces a greeting that the client sent"), "{}", text(&bad));

    // A filter that does not compile is a finding, whichever command builds it.
    std::fs::write(made.join("src/lib.rs"), "pub fn f( {}").expect("writable");
    for arguments in
        [&["build"][..], &["size"], &["serve", "tested", "--echo"], &["interop", "layer"]]
    {
        let bad = tool(&made, arguments);
        assert_eq!(code(&bad), Some(1), "{arguments:?}: {}", text(&bad));
    }

    let unknown = tool(&made, &["test", "testd"]);
    assert_eq!(code(&unknown), Some(2));
    assert!(text(&unknown).contains("tested"), "{}", text(&unknown));
}

#[test]
fn demo_shows_each_step_and_leaves_no_folder() {
    let temp = tempfile::tempdir().expect("a temporary folder");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-http-wasm"))
        .arg("demo")
        .current_dir(folder)
        .env("TMPDIR", temp.path())
        .env("TMP", temp.path())
        .output()
        .expect("the tool runs");
    let shown = text(&output);
    assert_eq!(code(&output), Some(0), "{shown}");
    for part in [
        "fn greet(request: &mut Request)",
        "what a host loads",
        ": ok",
        "http_handler.set_header_value",
        "+ x-greeting: hello",
        "- x-greeting: one",
        "2 passed",
        "cargo xtask new NAME",
    ] {
        assert!(shown.contains(part), "`{part}` is missing: {shown}");
    }
    assert!(!shown.contains('\u{1b}'), "no colours in a pipe: {shown}");
    let guests = target_of_this_repository().join("guests");
    assert!(!guests.join("my-first-filter.wasm").exists(), "it is none of the repository's guests");
    assert_eq!(std::fs::read_dir(temp.path()).expect("readable").count(), 0);
}

#[test]
fn a_guest_that_does_not_load_is_a_finding_in_every_command() {
    let temp = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, contents: &[u8]| {
        std::fs::write(temp.path().join(name), contents).expect("writable");
    };
    write("bad.wasm", b"no module");
    write("exchanges.toml", b"[[exchange]]\nname = \"a\"\n");
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let interop = ["interop", "layer", "--guest", "bad.wasm", "--exchanges", "exchanges.toml"];
    for arguments in [
        &["check", "bad.wasm"][..],
        &["replay", "bad.wasm", "exchanges.toml"],
        &["serve", "bad.wasm", "--echo"],
        &[&interop[..], &["--manifest-path", manifest]].concat(),
    ] {
        let output = tool(temp.path(), arguments);
        assert_eq!(code(&output), Some(1), "{arguments:?}: {}", text(&output));
    }
    for arguments in [
        &["check", "missing.wasm"][..],
        &["replay", "missing.wasm", "exchanges.toml"],
        &["serve", "missing.wasm", "--echo"],
    ] {
        let output = tool(temp.path(), arguments);
        assert_eq!(code(&output), Some(2), "{arguments:?}: {}", text(&output));
    }
}

#[test]
fn a_workspace_with_the_old_resolver_is_named_by_new_and_by_build() {
    let temp = tempfile::tempdir().expect("a temporary folder");
    let root = temp.path();
    std::fs::write(root.join("Cargo.toml"), "[workspace]\nmembers = [\"filters/*\"]\n")
        .expect("writable");
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
    std::fs::copy(lock, root.join("Cargo.lock")).expect("writable");
    let new = tool(root, &["new", "one", "--path", "filters/one"]);
    assert_eq!(code(&new), Some(0), "{}", text(&new));
    let remedy = "have `resolver = \"3\"` in";
    assert!(text(&new).contains(remedy), "{}", text(&new));
    let build = tool(root, &["build"]);
    assert_eq!(code(&build), Some(1), "{}", text(&build));
    assert!(text(&build).contains(remedy), "{}", text(&build));
    assert!(!text(&build).contains("cargo rustc"), "no command line: {}", text(&build));

    let manifest = "[workspace]\nresolver = \"3\"\nmembers = [\"filters/*\"]\n";
    std::fs::write(root.join("Cargo.toml"), manifest).expect("writable");
    let build = tool(root, &["build"]);
    assert_eq!(code(&build), Some(0), "{}", text(&build));
}
