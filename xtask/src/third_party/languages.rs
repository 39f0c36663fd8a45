//! Guests that are built from sources in `languages/`, one in each language: what compilers make of them,
//! with a runtime of their own, is as foreign as a guest that others have written.
//!
//! Go comes from the system, as for the Go host. The other compilers are installed once below the folder of
//! tools, in pinned versions.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_http_wasm::hosts::{Error, failed};
use cargo_http_wasm::{process, ui};

use super::modules::ThirdPartyGuest;

/// The Python package that has the compilers of Zig and C, and wasi-libc.
const ZIG: (&str, &str) = ("ziglang", "0.15.2");
/// The package of npm that has the compiler of AssemblyScript.
const ASSEMBLYSCRIPT: (&str, &str) = ("assemblyscript", "0.28.20");

/// A guest in one language.
struct Language {
    name: &'static str,
    /// Names and texts of its files.
    source: &'static [(&'static str, &'static str)],
    compiler: Compiler,
    /// The arguments after the compiler's own; the last one is followed by the path of the result.
    arguments: &'static [&'static str],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Compiler {
    Go,
    Zig,
    AssemblyScript,
}

const LANGUAGES: [Language; 4] = [
    Language {
        name: "go",
        source: &[
            ("main.go", include_str!("languages/go/main.go")),
            ("go.mod", include_str!("languages/go/go.mod")),
        ],
        compiler: Compiler::Go,
        arguments: &["build", "-trimpath", "-buildvcs=false", "-buildmode=c-shared", "-o"],
    },
    Language {
        name: "c",
        source: &[("guest.c", include_str!("languages/c/guest.c"))],
        compiler: Compiler::Zig,
        arguments: &[
            "cc",
            "-target",
            "wasm32-wasi",
            "-mexec-model=reactor",
            "-Os",
            "-s",
            "guest.c",
            "-o",
        ],
    },
    Language {
        name: "zig",
        source: &[("guest.zig", include_str!("languages/zig/guest.zig"))],
        compiler: Compiler::Zig,
        arguments: &[
            "build-exe",
            "guest.zig",
            "-target",
            "wasm32-wasi",
            "-O",
            "ReleaseSmall",
            "-fno-entry",
            "-rdynamic",
            "--name",
            "guest",
        ],
    },
    Language {
        name: "assemblyscript",
        source: &[("guest.ts", include_str!("languages/assemblyscript/guest.ts"))],
        compiler: Compiler::AssemblyScript,
        arguments: &[
            "guest.ts",
            "--use",
            "abort=guest/abort",
            "--exportStart",
            "_start",
            "-O",
            "-o",
        ],
    },
];

/// The guests, built where their source or compiler has changed.
///
/// # Errors
/// When a compiler cannot be installed, or fails.
pub(crate) fn guests(tools: &Path) -> Result<Vec<ThirdPartyGuest>, Error> {
    LANGUAGES.iter().map(|language| language.guest(tools)).collect()
}

impl Language {
    fn guest(&self, tools: &Path) -> Result<ThirdPartyGuest, Error> {
        let folder = tools.join("language-guests").join(self.name);
        let wasm = folder.join("guest.wasm");
        let compiler = self.compiler.command(tools)?;
        // What the guest was built from, written when it is there.
        let stamp = folder.join("built-from.txt");
        let mut from = format!("{}\n{:?}\n", self.compiler.version(), self.arguments);
        from.extend(self.source.iter().map(|(_, text)| *text));
        if !fs::read_to_string(&stamp).is_ok_and(|found| found == from) {
            ui::step("Building", format_args!("the guest in {}", self.compiler.version()));
            self.build(compiler, &folder, &wasm)?;
            fs::write(&stamp, from).map_err(failed("cannot write", &stamp))?;
        }
        Ok(ThirdPartyGuest { name: format!("language/{}", self.name), wasm, initialize: true })
    }

    fn build(&self, mut compiler: Command, folder: &Path, wasm: &Path) -> Result<(), Error> {
        fs::create_dir_all(folder).map_err(failed("cannot create", folder))?;
        for (name, text) in self.source {
            let file = folder.join(name);
            fs::write(&file, text).map_err(failed("cannot write", &file))?;
        }
        compiler.args(self.arguments).current_dir(folder);
        if !self.arguments.contains(&"--name") {
            compiler.arg(wasm);
        }
        run(&mut compiler)
    }
}

impl Compiler {
    /// Its name and version, for people and to notice another one.
    fn version(self) -> String {
        match self {
            Self::Go => "Go".to_owned(),
            Self::Zig => format!("Zig or C by {} {}", ZIG.0, ZIG.1),
            Self::AssemblyScript => format!("{} {}", ASSEMBLYSCRIPT.0, ASSEMBLYSCRIPT.1),
        }
    }

    /// A command that runs it; installs it if it is missing.
    fn command(self, tools: &Path) -> Result<Command, Error> {
        match self {
            Self::Go => {
                let mut go = Command::new("go");
                // The user's Go settings are for other projects.
                go.env("GOWORK", "off")
                    .env("GOFLAGS", "")
                    .env("GOOS", "wasip1")
                    .env("GOARCH", "wasm");
                Ok(go)
            }
            Self::Zig => {
                let (package, version) = ZIG;
                let folder = installed(tools, package, version, |into| {
                    let mut pip = Command::new("python3");
                    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
                    pip.args(["--no-deps", "--no-input", "--only-binary", ":all:", "--target"]);
                    pip.arg(into).arg(format!("{package}=={version}"));
                    pip
                })?;
                let zig =
                    folder.join("ziglang").join(format!("zig{}", std::env::consts::EXE_SUFFIX));
                let mut command = Command::new(zig);
                command.env("ZIG_GLOBAL_CACHE_DIR", folder.join("cache"));
                command.env("ZIG_LOCAL_CACHE_DIR", folder.join("cache"));
                Ok(command)
            }
            Self::AssemblyScript => {
                let (package, version) = ASSEMBLYSCRIPT;
                let folder = installed(tools, package, version, |into| {
                    let npm = process::on_path("npm").unwrap_or_else(|| "npm".into());
                    let mut npm = Command::new(npm);
                    npm.args([
                        "install",
                        "--no-audit",
                        "--no-fund",
                        "--no-save",
                        "--ignore-scripts",
                    ]);
                    npm.arg("--prefix").arg(into).arg(format!("{package}@{version}"));
                    npm
                })?;
                let script: PathBuf = ["node_modules", package, "bin", "asc.js"].iter().collect();
                let mut command = Command::new("node");
                command.arg(folder.join(script));
                Ok(command)
            }
        }
    }
}

/// The folder that a package is installed in, by a command that fills an empty one.
fn installed(
    tools: &Path,
    package: &str,
    version: &str,
    install: impl FnOnce(&Path) -> Command,
) -> Result<PathBuf, Error> {
    let folder = tools.join(format!("{package}-{version}"));
    if !folder.is_dir() {
        ui::step("Installing", format_args!("{package} {version}, once"));
        fs::create_dir_all(tools).map_err(failed("cannot create", tools))?;
        // Renamed when it is whole.
        let fresh = tempfile::Builder::new().prefix(&format!(".{package}-new-")).tempdir_in(tools);
        let fresh = fresh.map_err(failed("cannot create a folder in", tools))?;
        run(&mut install(fresh.path()))?;
        fs::rename(fresh.path(), &folder).map_err(failed("cannot create", &folder))?;
    }
    Ok(folder)
}

fn run(command: &mut Command) -> Result<(), Error> {
    process::run(command)
        .map_err(CompilerFailed)
        .map_err(Error::install("guests of other languages"))?;
    Ok(())
}

/// A compiler is missing or has failed.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0}\nGo 1.24 or later, Python 3 with pip and Node with npm are needed, and the first time access to PyPI and npm"
)]
struct CompilerFailed(#[source] process::Error);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_pinned_and_names_differ() {
        for (package, version) in [ZIG, ASSEMBLYSCRIPT] {
            assert!(version.split('.').all(|part| part.parse::<u32>().is_ok()), "{package}");
        }
        let mut names: Vec<_> = LANGUAGES.iter().map(|language| language.name).collect();
        names.dedup();
        assert_eq!(names.len(), LANGUAGES.len());
    }

    #[test]
    fn a_package_that_cannot_be_installed_leaves_nothing() {
        let tools = tempfile::tempdir().unwrap();
        let install = |into: &Path| {
            let mut command = Command::new("git");
            command.arg("no-such-command").arg(into);
            command
        };
        let error = installed(tools.path(), "p", "1", install).unwrap_err().to_string();
        assert!(error.contains("Python 3 with pip"), "{error}");
        assert_eq!(fs::read_dir(tools.path()).unwrap().count(), 0);
    }
}
