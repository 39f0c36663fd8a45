//! The filters of these tests as guests: packages that are written for them, outside of this
//! repository's workspace as filters of users are, and built once for all tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, OnceLock};

use cargo_http_wasm::build::{self, Builder, BuiltGuest};
use cargo_http_wasm::project::Project;
use cargo_http_wasm::tools::WasmOpt;
use http_wasm_host::engine::{LoadError, Module, Options};
use http_wasm_model::Profile;

/// A guest, and what was found out while it was built.
pub(crate) struct Guest {
    pub(crate) bytes: Vec<u8>,
    /// As cargo's linker wrote it, before the post-link passes.
    pub(crate) unlinked: PathBuf,
    pub(crate) built: BuiltGuest,
    module: OnceLock<Module>,
}

impl Guest {
    /// Compiled for the engine, with all functions that there are.
    pub(crate) fn module(&self) -> &Module {
        self.module.get_or_init(|| self.load(Profile::Strict).unwrap())
    }

    pub(crate) fn load(&self, profile: Profile) -> Result<Module, LoadError> {
        Module::new(&self.bytes, Options { profile, ..Options::default() })
    }
}

/// All guests, by the name of their file.
pub(crate) static GUESTS: LazyLock<BTreeMap<String, Guest>> = LazyLock::new(build);

/// Features of the SDK that guests have beyond the default ones.
const FEATURES: [(&str, &str); 1] = [("panics", "panic-message")];

fn build() -> BTreeMap<String, Guest> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let repository = package.ancestors().nth(2).unwrap();
    let repository_target =
        Project::locate(Some(&repository.join("Cargo.toml"))).unwrap().target_dir;
    // It survives, so that only the first run compiles anything.
    let workspace = repository_target.join("tmp/host-traps");
    let sources = package.join("src/guests");
    let mut names: Vec<_> = std::fs::read_dir(&sources)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "mod")
        .collect();
    names.sort();
    write(
        &workspace.join("Cargo.toml"),
        &format!("[workspace]\nresolver = \"3\"\nmembers = {names:?}\n"),
    );
    for name in &names {
        let features: Vec<_> =
            FEATURES.iter().filter(|(of, _)| of == name).map(|(_, feature)| feature).collect();
        let folder = workspace.join(name);
        write(
            &folder.join("Cargo.toml"),
            &format!(
                "[package]\nname = {name:?}\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                 [lib]\ncrate-type = [\"cdylib\"]\n\
                 [dependencies]\nhttp-wasm-sdk = {{ path = {:?}, features = {features:?} }}\n",
                repository.join("sdk")
            ),
        );
        write(&folder.join("src/lib.rs"), "#![no_std]\n#![forbid(unsafe_code)]\n\nmod guest;\n");
        let source = std::fs::read_to_string(sources.join(format!("{name}.rs"))).unwrap();
        write(&folder.join("src/guest.rs"), &source);
    }
    // What this repository is tested with, not what was published a minute ago.
    std::fs::copy(repository.join("Cargo.lock"), workspace.join("Cargo.lock")).unwrap();

    let mut project = Project::locate(Some(&workspace.join("Cargo.toml"))).unwrap();
    let target_dir = workspace.join("target");
    project.target_dir = target_dir.clone();
    // The one of this repository's own builds, so that no test installs another one.
    let wasm_opt = WasmOpt::find_or_install(None, &repository_target).unwrap();
    let options =
        build::Options { wasm_opt: Some(wasm_opt.program().to_path_buf()), ..Default::default() };
    let mut builder = Builder::new(&project, &options).unwrap();
    let guest = |filter| {
        let built = builder.build(filter).unwrap_or_else(|error| panic!("{error}"));
        let bytes = std::fs::read(&built.path).unwrap();
        let unlinked = target_dir.join(format!("wasm32v1-none/guest/{}.wasm", built.filter));
        (built.filter.clone(), Guest { bytes, unlinked, built, module: OnceLock::new() })
    };
    project.filters.iter().map(guest).collect()
}

/// A file that is as it should be is left alone, so that cargo has nothing to do.
fn write(path: &Path, text: &str) {
    if std::fs::read_to_string(path).is_ok_and(|present| present == text) {
        return;
    }
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
