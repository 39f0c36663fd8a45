use super::*;

#[test]
fn versions_are_read_from_what_releases_print() {
    for (text, number) in [
        ("wasm-opt version 132 (version_132)\n", 132),
        ("wasm-opt version 116", 116),
        ("wasm-opt version 118 (version_118-14-gd0a3c8b)", 118),
    ] {
        assert_eq!(BinaryenVersion::parse(text), Some(BinaryenVersion(number)), "{text}");
    }
    for text in ["", "wasm-opt", "wasm-opt version", "wasm-opt version x", "cargo 1.95.0"] {
        assert_eq!(BinaryenVersion::parse(text), None, "{text}");
    }
}

#[test]
fn a_named_tool_that_is_missing_or_another_program_is_an_error() {
    let missing = WasmOpt::chosen("--wasm-opt", "/nowhere/wasm-opt".into()).unwrap_err();
    assert!(missing.to_string().starts_with("--wasm-opt: no file /nowhere/wasm-opt"), "{missing}");
    let rustc = on_path("rustc").unwrap();
    let other = WasmOpt::chosen("WASM_OPT", rustc).unwrap_err().to_string();
    assert!(other.contains("`--version` printed `rustc 1."), "{other}");
}

#[test]
fn a_tool_that_is_too_old_is_refused() {
    let tool = |number| {
        let version = BinaryenVersion(number);
        WasmOpt { program: "/x/wasm-opt".into(), origin: "WASM_OPT", version }.new_enough()
    };
    assert_eq!(
        tool(115).unwrap_err().to_string(),
        "/x/wasm-opt: found version 115, wanted 116 or later; \
         leave out WASM_OPT to have version 132 installed"
    );
    assert_eq!(tool(116).unwrap().version(), BinaryenVersion::MINIMUM);
    assert_eq!(tool(140).unwrap().version().number(), 140);
}

#[test]
fn an_installed_target_is_not_added_again() {
    assert!(!ensure_target("wasm32v1-none", Path::new(".")).unwrap());
}

#[test]
fn an_installed_tool_is_found() {
    let target = tempfile::tempdir().unwrap();
    assert!(WasmOpt::installed(target.path()).is_none());
    let bin = target.path().join("tools/binaryen-132/bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::write(bin.join("wasm-opt.js"), "").unwrap();
    let tool = WasmOpt::installed(target.path()).unwrap();
    assert_eq!(tool.version(), BinaryenVersion::PINNED);
    assert_eq!(tool.command().get_program(), "node");
}

#[test]
fn what_a_killed_installation_left_is_removed() {
    let tools = tempfile::tempdir().unwrap();
    for folder in [".installing-wasm-opt-x/npm", "binaryen-132/bin"] {
        std::fs::create_dir_all(tools.path().join(folder)).unwrap();
    }
    remove_leftovers(tools.path());
    let left = std::fs::read_dir(tools.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(left.collect::<Vec<_>>(), ["binaryen-132"]);
}

#[test]
fn an_installation_that_fails_names_the_ways_without_it() {
    let source = process::Error::Failed {
        command: "npm".to_owned(),
        status: "exit status: 1".to_owned(),
        output: String::new(),
    };
    let text = Error::Fetch { source }.to_string();
    for way in ["--wasm-opt", "WASM_OPT", "--no-wasm-opt"] {
        assert!(text.contains(way), "{text}");
    }
}
