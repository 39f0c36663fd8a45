//! Real builds: small guests without the SDK, compiled, linked, optimised and checked in folders of
//! their own.

// Clippy's exception for tests does not reach their helpers.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use cargo_http_wasm::build::{self, BuiltGuest, Options};
use cargo_http_wasm::project::Project;
use cargo_http_wasm::tools::WasmOpt;
use http_wasm_abi::{Function, MODULE};
use tempfile::TempDir;

/// The `wasm-opt` of this repository's own builds, so that no test installs another one.
fn options() -> Options {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let target = Project::locate(Some(&manifest)).unwrap().target_dir;
        WasmOpt::find_or_install(None, &target).unwrap().program().to_path_buf()
    });
    Options { wasm_opt: Some(program.clone()), ..Options::default() }
}

/// A folder with one filter, which depends on a package outside of it.
struct Fixture {
    folder: TempDir,
    below: PathBuf,
}

const HEAD: &str = r#"
#![no_std]
#[link(wasm_import_module = "http_handler")]
unsafe extern "C" {
    safe fn log(level: i32, text: *const u8, len: u32);
    safe fn get_uri(buffer: *mut u8, limit: u32) -> u32;
}
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    if let Some(place) = info.location() {
        log(2, place.file().as_ptr(), place.file().len() as u32);
    }
    core::arch::wasm32::unreachable()
}
#[unsafe(no_mangle)]
extern "C" fn handle_response(_: u32, _: u32) {}
"#;

/// Panics with its own file as the place, in functions that stay functions.
const DEPENDENCY: &str = r#"
#![no_std]
#[inline(never)]
pub fn at(bytes: &[u8], index: usize) -> u8 { bytes[index] }
#[inline(never)]
pub fn half(bytes: &[u8]) -> u8 { at(bytes, bytes.len() / 2) / bytes[0] }
"#;

impl Fixture {
    /// In `below`, a folder relative to a temporary one.
    fn new(below: &str, metadata: &str, code: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join(below);
        let fixture = Self { folder, below };
        fixture.write(
            "filter/Cargo.toml",
            &format!(
                "[package]\nname = \"fixture\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                 [package.metadata.http-wasm]\n{metadata}\n\
                 [lib]\ncrate-type = [\"cdylib\"]\n\
                 [dependencies]\nother = {{ path = \"../other\" }}\n[workspace]\n"
            ),
        );
        fixture.write("filter/src/lib.rs", &format!("{HEAD}{code}"));
        fixture.write(
            "other/Cargo.toml",
            "[package]\nname = \"other\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n",
        );
        fixture.write("other/src/lib.rs", DEPENDENCY);
        fixture
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.below.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn build(&self, options: &Options) -> Result<BuiltGuest, build::Error> {
        let manifest = self.below.join("filter/Cargo.toml");
        let mut project = Project::locate(Some(&manifest)).unwrap();
        project.target_dir = self.below.join("filter/target");
        let filters = project.select(&["fixture".to_owned()]).unwrap();
        build::build(&project, filters[0], options)
    }

    fn built(&self) -> (BuiltGuest, Vec<u8>) {
        let guest = self.build(&options()).unwrap();
        let bytes = std::fs::read(&guest.path).unwrap();
        assert_eq!(guest.sizes.last, bytes.len() as u64);
        (guest, bytes)
    }
}

/// A guest with a buffer of `bytes` in its entry.
fn with_buffer(bytes: u32) -> String {
    format!(
        "#[unsafe(no_mangle)]
        extern \"C\" fn handle_request() -> u64 {{
            let mut buffer = [const {{ core::mem::MaybeUninit::<u8>::uninit() }}; {bytes}];
            let len = get_uri(buffer.as_mut_ptr().cast(), {bytes});
            log(0, buffer.as_ptr().cast(), len);
            1
        }}"
    )
}

/// The function imports, whether there is a global section, and the pages of memory.
fn facts(module: &[u8]) -> (Vec<String>, bool, u64) {
    let (mut imports, mut globals, mut pages) = (Vec::new(), false, 0);
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        match payload.unwrap() {
            wasmparser::Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.unwrap();
                    assert_eq!(import.module, MODULE);
                    imports.push(import.name.to_owned());
                }
            }
            wasmparser::Payload::GlobalSection(_) => globals = true,
            wasmparser::Payload::MemorySection(section) => {
                pages = section.into_iter().next().unwrap().unwrap().initial;
            }
            wasmparser::Payload::CustomSection(section) => panic!("{} is left", section.name()),
            _ => {}
        }
    }
    (imports, globals, pages)
}

#[test]
fn a_buffer_in_the_entry_leaves_no_stack_pointer() {
    let (guest, bytes) = Fixture::new("", "", &with_buffer(2048)).built();
    let (imports, globals, pages) = facts(&bytes);
    assert_eq!(imports, [Function::GetUri.name(), Function::Log.name()]);
    assert!(!globals, "the address of the buffer is a constant");
    assert_eq!(pages, 1);
    assert_eq!(guest.stack, 2048 + 16);
    // That the optimiser ran: it makes the module with names smaller than the post-link passes left it.
    assert!(
        guest.sizes.wasm_opt < guest.sizes.postlink && guest.sizes.postlink < guest.sizes.cargo
    );
    assert!(guest.sizes.last <= 160, "{} bytes", guest.sizes.last);
    assert!(guest.report.is_ok() && guest.report.warnings.is_empty(), "{:?}", guest.report);
}

#[test]
fn the_stack_grows_with_the_filters_buffers() {
    let fixture = Fixture::new("", "", &with_buffer(40_000));
    let (guest, bytes) = fixture.built();
    assert_eq!((guest.stack, facts(&bytes).2), (40_000 + 16, 1));
    fixture.write("filter/src/lib.rs", &format!("{HEAD}{}", with_buffer(100_000)));
    let (guest, bytes) = fixture.built();
    assert_eq!((guest.stack, facts(&bytes).2), (100_000 + 16, 2));
    fixture.write("filter/src/lib.rs", &format!("{HEAD}{}", with_buffer(64)));
    assert_eq!(fixture.built().0.stack, 64 + 16);
}

#[test]
fn a_stated_stack_is_what_the_guest_gets() {
    let fixture = Fixture::new("", "stack-size = 8192\nguest = \"sizes/uri\"", &with_buffer(64));
    let (guest, _) = fixture.built();
    assert_eq!(guest.stack, 8192);
    assert!(guest.path.ends_with("target/guests/sizes/uri.wasm"), "{}", guest.path.display());
    assert!(guest.named_path.is_file());
}

/// Calls that stay calls and places of panics in two packages, one of them outside the workspace.
const PANICS: &str = "
    #[unsafe(no_mangle)]
    extern \"C\" fn handle_request() -> u64 {
        let mut buffer = [0; 64];
        let len = get_uri(buffer.as_mut_ptr(), 64) as usize;
        u64::from(other::at(&buffer, len) / other::half(&buffer[..len]))
    }";

#[test]
fn two_folders_give_the_same_bytes() {
    let (one, other) =
        (Fixture::new("a", "", PANICS), Fixture::new("some/other/folder", "", PANICS));
    let ((guest, bytes), (_, others)) = (one.built(), other.built());
    assert_eq!(bytes, others);
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("/outside/1/other/src/lib.rs"), "the place of a panic is inside");
    assert!(!text.contains(one.folder.path().to_str().unwrap()));
    assert!(guest.report.warnings.is_empty(), "{:?}", guest.report.warnings);
}

#[test]
fn a_path_of_this_machine_is_a_warning() {
    let code = "#[unsafe(no_mangle)]
        extern \"C\" fn handle_request() -> u64 {
            let path = env!(\"CARGO_MANIFEST_DIR\");
            log(0, path.as_ptr(), path.len() as u32);
            1
        }";
    let (guest, _) = Fixture::new("", "", code).built();
    assert_eq!(guest.report.warnings.len(), 1, "{:?}", guest.report.warnings);
    assert_eq!(guest.report.warnings[0].subject, "path of this machine");
}

#[test]
fn flags_of_the_user_are_kept() {
    let code = with_buffer(16).replace(
        "            1\n",
        "            if cfg!(of_the_user) { log(0, b\"flag is set\".as_ptr(), 11) }
            u64::from(other::at(&[1, 2, 3], len as usize))\n",
    );
    let fixture = Fixture::new("", "", &code);
    let flag = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains("flag is set");
    assert!(!flag(&fixture.built().1));
    for place in ["build", "target.wasm32v1-none", "target.'cfg(target_family = \"wasm\")'"] {
        for flags in ["[\"--cfg=of_the_user\"]", "\"--cfg=of_the_user --cfg other\""] {
            let config = format!("[{place}]\nrustflags = {flags}\n");
            fixture.write("filter/.cargo/config.toml", &config);
            let (guest, bytes) = fixture.built();
            assert!(flag(&bytes), "the user's flag is lost: {config}");
            assert!(guest.report.warnings.is_empty(), "ours are: {config}");
        }
    }
    // Those of another target do not hide the ones of all.
    let config = "[target.'cfg(unix)']\nrustflags = \"--cfg other\"\n[build]\nrustflags = \"--cfg=of_the_user\"";
    fixture.write("filter/.cargo/config.toml", config);
    assert!(flag(&fixture.built().1));
    // Files of the folders above add to a list.
    fixture.write("filter/.cargo/config.toml", "[build]\nrustflags = [\"--cfg=other\"]");
    fixture.write(".cargo/config.toml", "[build]\nrustflags = [\"--cfg=of_the_user\"]");
    assert!(flag(&fixture.built().1));
}

#[test]
fn guests_of_filters_that_are_gone_are_removed_and_those_of_others_stay() {
    let target = tempfile::tempdir().unwrap();
    let target = target.path();
    let build = |fixture: &Fixture| {
        let mut project = Project::locate(Some(&fixture.below.join("filter/Cargo.toml"))).unwrap();
        project.target_dir = target.to_owned();
        build::build(&project, project.select(&[]).unwrap()[0], &options()).unwrap();
    };
    let guests = || {
        let mut names: Vec<_> = std::fs::read_dir(target.join("guests"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let (one, other) = (
        Fixture::new("", "guest = \"a\"", &with_buffer(16)),
        Fixture::new("", "guest = \"deep/b\"", &with_buffer(16)),
    );
    build(&one);
    build(&other);
    assert_eq!(guests(), ["a.wasm", "deep"], "projects may share a target folder");
    let manifest = std::fs::read_to_string(one.below.join("filter/Cargo.toml")).unwrap();
    one.write("filter/Cargo.toml", &manifest.replace("\"a\"", "\"c\""));
    build(&one);
    assert_eq!(guests(), ["c.wasm", "deep"], "renamed");
    drop(other);
    build(&one);
    assert_eq!(guests(), ["c.wasm"], "its folder is gone");
    assert!(!target.join("guests-named/deep").exists());
}

#[test]
fn a_guest_of_the_same_name_in_a_shared_target_folder_is_not_taken_for_ones_own() {
    let target = tempfile::tempdir().unwrap();
    let (one, other) =
        (Fixture::new("", "", &with_buffer(16)), Fixture::new("", "", &with_buffer(64)));
    let project = |fixture: &Fixture| {
        let manifest = fixture.below.join("filter/Cargo.toml");
        let mut project = Project::locate(Some(&manifest)).unwrap();
        project.target_dir = target.path().to_owned();
        project
    };
    for fixture in [&one, &other] {
        let project = project(fixture);
        build::build(&project, &project.filters[0], &options()).unwrap();
        assert_eq!(build::other_owner(&project, &project.filters[0]), None);
    }
    let first = project(&one);
    let owner = build::other_owner(&first, &first.filters[0]).unwrap();
    assert!(owner.ends_with("filter/Cargo.toml") && owner.starts_with(other.folder.path()));
}

#[test]
fn builds_of_one_guest_wait_for_each_other() {
    let fixture = Fixture::new("", "", &with_buffer(16));
    let cache = fixture.below.join("filter/target/guests-cache");
    std::fs::create_dir_all(&cache).unwrap();
    // What another process does that builds it.
    let lock = std::fs::File::create(cache.join(".fixture.lock")).unwrap();
    lock.lock().unwrap();
    std::thread::scope(|scope| {
        let build = scope.spawn(|| fixture.built());
        std::thread::sleep(std::time::Duration::from_secs(5));
        assert!(!build.is_finished());
        assert!(!fixture.below.join("filter/target/wasm32v1-none").exists(), "nothing is compiled");
        lock.unlock().unwrap();
        build.join().unwrap();
    });
}

#[test]
fn a_second_build_touches_nothing() {
    let fixture = Fixture::new("", "", &with_buffer(2048));
    let options = options();
    let first = fixture.build(&options).unwrap();
    let stamp = |guest: &BuiltGuest| std::fs::metadata(&guest.path).unwrap().modified().unwrap();
    let time = stamp(&first);
    let second = fixture.build(&options).unwrap();
    assert_eq!((first.sizes, time), (second.sizes, stamp(&second)));
}

#[test]
fn what_the_check_refuses_is_not_written() {
    let code = "#[unsafe(no_mangle)] extern \"C\" fn handle_request() -> u32 { 1 }";
    let fixture = Fixture::new("", "", code);
    let error = fixture.build(&options()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("export handle_request: found () -> i32, wanted () -> i64"), "{text}");
    assert!(!fixture.below.join("filter/target/guests").exists());
}

#[test]
fn a_filter_that_does_not_compile_is_an_error_without_the_command() {
    let error = Fixture::new("", "", "fn broken(").build(&options()).unwrap_err();
    assert_eq!(error.to_string(), "`fixture` does not compile");
    assert!(error.is_finding());
}

#[test]
fn a_filter_that_uses_std_hears_of_the_target_that_has_it() {
    let fixture = Fixture::new("", "", "");
    fixture.write("filter/src/lib.rs", "pub fn log() { std::thread::yield_now(); }");
    let error = fixture.build(&options()).unwrap_err().to_string();
    assert!(
        error.contains("have `target = \"wasm32-wasip1\"` in [package.metadata.http-wasm] of ")
    );
}

#[test]
fn what_keeps_cargo_from_the_source_is_no_finding() {
    let fixture = Fixture::new("", "", &with_buffer(16));
    let cargo_args = vec!["--locked".to_owned()];
    let error = fixture.build(&Options { cargo_args, ..options() }).unwrap_err();
    assert_eq!(error.to_string(), "cargo could not compile `fixture`");
    assert!(!error.is_finding());
}

#[test]
fn features_are_passed_on() {
    let code = with_buffer(16).replace("1\n", "if cfg!(feature = \"more\") { 7 } else { 1 }\n");
    let fixture = Fixture::new("", "", &code);
    let manifest = fixture.below.join("filter/Cargo.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, format!("{text}[features]\nmore = []\n")).unwrap();
    let plain = fixture.built().1;
    let cargo_args = ["--features", "more"].map(str::to_owned).to_vec();
    let guest = fixture.build(&Options { cargo_args, ..options() }).unwrap();
    assert_ne!(std::fs::read(&guest.path).unwrap(), plain);
}

#[test]
fn a_build_without_wasm_opt_is_valid_and_larger() {
    let fixture = Fixture::new("", "", PANICS);
    let small = fixture.built().0.sizes.last;
    let guest = fixture.build(&Options { no_wasm_opt: true, ..Options::default() }).unwrap();
    assert!(guest.report.is_ok(), "{:?}", guest.report);
    assert!(guest.sizes.last > small, "{:?}", guest.sizes);
}

#[cfg(unix)]
#[test]
fn an_optimiser_that_writes_garbage_is_named_and_not_remembered() {
    use std::os::unix::fs::PermissionsExt as _;
    let fixture = Fixture::new("", "", &with_buffer(16));
    fixture.write(
        "wasm-opt",
        "#!/bin/sh\n[ \"$1\" = --version ] && echo 'wasm-opt version 132' || echo garbage > \"$3\"\n",
    );
    let program = fixture.below.join("wasm-opt");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let named = || Options { wasm_opt: Some(program.clone()), ..Options::default() };
    let error = fixture.build(&named()).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("{} wrote a module that is not valid", program.display())),
        "{text}"
    );
    assert!(!error.is_finding(), "the filter is not to blame");
    // Another program of the same name, version, length and time.
    let time = std::fs::metadata(&program).unwrap().modified().unwrap();
    let script = std::fs::read_to_string(&program).unwrap();
    std::fs::write(&program, script.replace("echo garbage > \"$3\"", "cp \"$1\" \"$3\"      "))
        .unwrap();
    std::fs::File::options().append(true).open(&program).unwrap().set_modified(time).unwrap();
    assert!(fixture.build(&named()).unwrap().report.is_ok());
}

#[test]
fn damaged_memories_of_earlier_builds_are_ignored() {
    let fixture = Fixture::new("", "", &with_buffer(2048));
    let bytes = fixture.built().1;
    let cache = fixture.below.join("filter/target/guests-cache");
    for (file, text) in
        [("fixture.stack", "7"), ("fixture.stack", "4294967280"), ("fixture.cache", "x")]
    {
        std::fs::write(cache.join(file), text).unwrap();
        assert_eq!(fixture.built().1, bytes, "{file}: {text}");
    }
}

#[test]
fn a_dev_build_goes_to_a_folder_of_its_own() {
    let code = with_buffer(16).replace("1\n", "if cfg!(debug_assertions) { 7 } else { 1 }\n");
    let fixture = Fixture::new("", "", &code);
    let dev = fixture.build(&Options { dev: true, ..options() }).unwrap();
    assert!(dev.path.ends_with("guests-dev/fixture.wasm"), "{}", dev.path.display());
    let (guest, bytes) = fixture.built();
    assert_ne!(std::fs::read(&dev.path).unwrap(), bytes);
    assert_ne!(guest.path, dev.path);
}

#[test]
fn a_guest_with_std_has_no_bulk_memory() {
    let fixture = Fixture::new("", "target = \"wasm32-wasip1\"", "");
    let code = "
        #[link(wasm_import_module = \"http_handler\")]
        unsafe extern \"C\" { safe fn log(level: i32, text: *const u8, len: u32); }
        #[unsafe(no_mangle)]
        extern \"C\" fn handle_response(_: u32, _: u32) {}
        #[unsafe(no_mangle)]
        extern \"C\" fn handle_request() -> u64 {
            let text = format!(\"{:?}\", std::env::args().collect::<Vec<_>>());
            log(0, text.as_ptr(), text.len() as u32);
            1
        }";
    fixture.write("filter/src/lib.rs", code);
    let guest = fixture.build(&options()).unwrap();
    assert!(guest.report.is_ok(), "{:?}", guest.report.problems);
    let subject = &guest.report.warnings[0].subject;
    assert!(subject.starts_with("import wasi_snapshot_preview1."), "{subject}");
}

#[test]
fn the_profile_in_the_repository_is_the_one_in_the_tool() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let table: toml::Table = std::fs::read_to_string(manifest).unwrap().parse().unwrap();
    let profile = table["profile"][build::PROFILE].as_table().unwrap();
    let settings: toml::Table = build::PROFILE_SETTINGS
        .iter()
        .map(|(key, value)| format!("{key} = {value}\n"))
        .collect::<String>()
        .parse()
        .unwrap();
    assert_eq!(*profile, settings);
}
