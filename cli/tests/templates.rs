//! Each template gives a filter, outside of any workspace, that passes its own tests without a
//! WebAssembly target or an engine, and builds to a guest that passes the check.

use std::path::Path;
use std::process::{Command, Output};

use cargo_http_wasm::build;
use cargo_http_wasm::project::Project;
use cargo_http_wasm::scaffold;

/// Runs cargo in `folder`. All filters share a target folder, so that only the first run compiles
/// their dependencies.
fn cargo(folder: &Path, args: &[&str]) -> Output {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(args)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/filters"))
        .output()
        .expect("cargo runs")
}

fn stdout_of(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stdout}{stderr}");
    stdout
}

#[test]
fn every_template_becomes_a_filter_that_passes_its_tests() {
    let temp = tempfile::tempdir().expect("a temporary folder");
    for template in scaffold::templates() {
        let name = format!("from-{template}");
        let folder = temp.path().join(&name);
        let sdk = scaffold::sdk_of_this_tool();
        let request = scaffold::Request { name: &name, template, folder: &folder, sdk: &sdk };
        scaffold::write(&request).expect("written");
        // What this repository is tested with, not what was published a minute ago.
        let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
        std::fs::copy(lock, folder.join("Cargo.lock")).expect("writable");

        let stdout = stdout_of(&cargo(&folder, &["test"]));
        assert!(stdout.contains("test tests::exchanges ... ok"), "{template}: {stdout}");

        let tree = stdout_of(&cargo(
            &folder,
            &["tree", "--edges", "normal,build,dev", "--prefix", "none"],
        ));
        assert!(tree.contains("http-wasm-model"), "{template} tests on the model: {tree}");
        for heavy in ["wasmtime", "cranelift", "tokio"] {
            assert!(!tree.contains(heavy), "{template} depends on {heavy}: {tree}");
        }

        let mut project = Project::locate(Some(&folder.join("Cargo.toml"))).expect("a project");
        assert!(!project.has_guest_profile, "the tool supplies the profile");
        // Where the optimiser is, and what the SDK was compiled to before.
        let here = Project::locate(Some(&Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")));
        project.target_dir = here.expect("this repository").target_dir;
        let filter = project.select(&[]).expect("the scaffold is a filter")[0];
        let guest = build::build(&project, filter, &build::Options::default()).expect("builds");
        assert_eq!(guest.report.pages, Some(1), "{template}");
        assert!(guest.report.warnings.is_empty(), "{template}: {:?}", guest.report.warnings);
        if template == "basic" {
            assert!(guest.sizes.last <= 200, "{template}: {} bytes", guest.sizes.last);
        }
    }
}

#[test]
fn every_template_is_formatted() {
    for template in scaffold::templates() {
        let sources = format!("{}/../templates/{template}/src", env!("CARGO_MANIFEST_DIR"));
        for source in std::fs::read_dir(sources).expect("a template has sources") {
            let path = source.expect("readable").path();
            let output = Command::new("rustfmt")
                .args(["--check", "--edition", "2024"])
                .arg(&path)
                .output()
                .expect("rustfmt runs");
            stdout_of(&output);
        }
    }
}
