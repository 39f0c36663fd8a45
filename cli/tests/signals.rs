//! A signal ends the tool and leaves nothing behind: no program that it runs, and no temporary folder.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy does not take for tests")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FILTER: &str = r#"
#![no_std]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! { core::arch::wasm32::unreachable() }
#[unsafe(no_mangle)]
extern "C" fn handle_request() -> u64 { 1 }
#[unsafe(no_mangle)]
extern "C" fn handle_response(_: u32, _: u32) {}
"#;
const MANIFEST: &str = r#"
[package]
name = "filter"
version = "0.1.0"
edition = "2024"
[package.metadata.http-wasm]
[lib]
crate-type = ["cdylib"]
[workspace]
"#;
/// Says who it is, and does not end.
const OPTIMISER: &str = r#"#!/bin/sh
[ "$1" = --version ] && echo 'wasm-opt version 132' && exit
echo $$ > "$PID_FILE.new" && mv "$PID_FILE.new" "$PID_FILE"
exec sleep 600
"#;

fn write(folder: &Path, file: &str, text: &str) -> PathBuf {
    let path = folder.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    path
}

fn wait_for(condition: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < end, "it takes too long");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn kill(signal: &str, process: &str) -> bool {
    Command::new("kill")
        .args(["-s", signal, process])
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}

fn stop_with(signal: &str, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "src/lib.rs", FILTER);
    write(folder, "Cargo.toml", MANIFEST);
    let optimiser = write(folder, "wasm-opt", OPTIMISER);
    std::fs::set_permissions(&optimiser, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (temporary, pid_file) = (folder.join("tmp"), folder.join("pid"));
    std::fs::create_dir(&temporary).unwrap();
    let tool = Command::new(env!("CARGO_BIN_EXE_cargo-http-wasm"))
        .args(["build", "--wasm-opt"])
        .arg(&optimiser)
        .current_dir(folder)
        .env("TMPDIR", &temporary)
        .env("PID_FILE", &pid_file)
        .env_remove("CARGO_TARGET_DIR")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for(|| pid_file.is_file());
    let entries = |folder: &Path| std::fs::read_dir(folder).unwrap().count();
    assert_eq!(entries(&temporary), 1, "the folder of wasm-opt");
    assert!(kill(signal, &tool.id().to_string()));
    let output = tool.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.ends_with(&format!("\nerror: stopped by {name}\n")), "{text}");
    assert_eq!(entries(&temporary), 0);
    let optimiser = std::fs::read_to_string(pid_file).unwrap();
    wait_for(|| !kill("0", optimiser.trim()));
}

#[test]
fn ctrl_c_leaves_nothing() {
    stop_with("INT", "Ctrl-C");
}

#[test]
fn termination_leaves_nothing() {
    stop_with("TERM", "a termination signal");
}
