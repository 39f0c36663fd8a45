//! The stage that runs cargo: flags, the profile, and where the module lies afterwards.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Error;
use crate::project::{Filter, GuestTarget, Project};
use crate::{postlink, process, ui};

/// The name of cargo's profile for guests.
pub const PROFILE: &str = "guest";

/// What the profile is where the workspace's manifest does not say, in TOML.
pub const PROFILE_SETTINGS: &[(&str, &str)] = &[
    ("inherits", "\"release\""),
    ("opt-level", "\"z\""),
    ("lto", "\"fat\""),
    ("codegen-units", "1"),
    ("panic", "\"abort\""),
    ("overflow-checks", "false"),
    ("debug", "false"),
    ("strip", "false"),
];

/// How one run of cargo differs from another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run<'a> {
    /// With debug assertions.
    pub(super) dev: bool,
    /// What the user passes on to cargo, such as `--locked`.
    pub(super) cargo_args: &'a [String],
    /// What [`machine_paths`] gave.
    pub(super) machine_paths: &'a [(PathBuf, String)],
    /// Bytes of stack.
    pub(super) stack_size: u32,
    /// Whether the user has seen warnings and progress for the same source already.
    pub(super) quiet: bool,
}

/// Compiles a filter and says where the module is.
pub(super) fn compile(project: &Project, filter: &Filter, run: Run<'_>) -> Result<PathBuf, Error> {
    let triple = filter.options.target.triple();
    let mut command = process::cargo();
    command
        .current_dir(&filter.dir)
        .args(["rustc", "--lib", "--crate-type", "cdylib"])
        .args(["--message-format", "json-render-diagnostics"])
        .args(["--profile", PROFILE, "--target", triple])
        .arg("--manifest-path")
        .arg(&filter.manifest)
        // Cargo's own choice, unless a caller of the library has put another into the project.
        .arg("--target-dir")
        .arg(&project.target_dir)
        .args(run.cargo_args);
    let color = !run.quiet && ui::has_color(&std::io::stderr());
    command.args(["--color", if color { "always" } else { "never" }]);
    if !project.has_guest_profile {
        for (key, value) in PROFILE_SETTINGS {
            command.arg("--config").arg(format!("profile.{PROFILE}.{key}={value}"));
        }
    }
    if run.dev {
        command.arg("--config").arg(format!("profile.{PROFILE}.debug-assertions=true"));
    }
    let flags = flags(filter, run.machine_paths)?;
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    // The stack lies below the data, so that an overflow traps instead of writing over the data.
    command.args(["--", "-C", "link-arg=--stack-first", "-C"]);
    command.arg(format!("link-arg=-zstack-size={}", run.stack_size));
    if filter.options.target == GuestTarget::WasiP1 {
        command.args(["-C", &format!("link-arg=--export={}", postlink::CONSTRUCTORS)]);
    }
    let mut printed = String::new();
    let (status, stdout) = process::watch(&mut command, |line| {
        // Cargo says for each filter that it is finished; so does the line with its sizes.
        let is_finish = line.contains("Finished") && line.contains("profile [");
        if !run.quiet && !is_finish {
            ui::err(line);
        }
        printed.push_str(line);
        printed.push('\n');
    })?;
    let messages = messages(&stdout);
    if status.success() {
        return module(&messages, filter);
    }
    let output = if run.quiet { format!(":\n{}", printed.trim_end()) } else { String::new() };
    let hint = hint(filter, &printed);
    let filter = filter.name.clone();
    // Without this message cargo has not come to the source; the other faults are none of it either.
    let is_finished = messages.iter().any(|message| message.reason == "build-finished");
    if is_finished && !MACHINE_FAULTS.iter().any(|fault| printed.contains(fault)) {
        Err(Error::Compile { filter, hint, output })
    } else {
        Err(Error::Cargo { filter, hint, output })
    }
}

/// What compilers and cargo print where the source is not to blame: no space, no access, no memory, and
/// a compiler that was killed.
const MACHINE_FAULTS: &[&str] = if cfg!(windows) {
    &["(os error 5)", "(os error 14)", "(os error 112)", "could not execute process"]
} else {
    &[
        "(os error 12)",
        "(os error 13)",
        "(os error 28)",
        "(os error 30)",
        "could not execute process",
        "SIGKILL",
        "SIGTERM",
        "SIGINT",
    ]
};

/// What the user may do about an error, where the compiler cannot know it.
fn hint(filter: &Filter, printed: &str) -> String {
    let manifest = filter.manifest.display();
    if printed.contains("the feature `testing` of http-wasm-sdk runs handlers natively") {
        return "; where `testing` is in [dev-dependencies] only, the workspace has the old resolver, \
                which adds it to the guest: have `resolver = \"3\"` in its [workspace]"
            .to_owned();
    }
    let std_is_missing = ["can't find crate for `std`", "maybe a dependency: `std`"];
    if filter.options.target == GuestTarget::Bare
        && std_is_missing.iter().any(|text| printed.contains(text))
    {
        return format!(
            "; the target {} has no std: do without it, or have `target = \"{}\"` in \
             [package.metadata.http-wasm] of {manifest}",
            GuestTarget::Bare.triple(),
            GuestTarget::WasiP1.triple()
        );
    }
    String::new()
}

/// Paths of this machine that the compiler may write into a module, such as in the place of a panic,
/// and what stands for each. Of those that fit a file, the last one counts.
pub(super) fn machine_paths(
    project: &Project,
    filter: &Filter,
    sysroot: Option<&Path>,
) -> Vec<(PathBuf, String)> {
    let mut paths = Vec::new();
    paths.extend(cargo_home().map(|cargo| (cargo, "/cargo".to_owned())));
    // The folder above, because a package beside a dependency is most likely its own dependency.
    let outside = filter.path_dependencies.iter().filter(|path| !path.starts_with(&project.root));
    for folder in outside.filter_map(|path| path.parent()) {
        if !paths.iter().any(|(known, _)| known == folder) {
            paths.push((folder.to_path_buf(), format!("/outside/{}", paths.len())));
        }
    }
    paths.push((project.root.clone(), "/workspace".to_owned()));
    paths.extend(sysroot.map(|sysroot| (sysroot.to_path_buf(), "/rust".to_owned())));
    // The root of the file system would stand for every path there is.
    paths.retain(|(path, _)| path.parent().is_some());
    paths
}

pub(super) fn cargo_home() -> Option<PathBuf> {
    std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
}

/// The flags for the compiler: those that the user has set in the environment or in any configuration
/// file of cargo, and ours.
///
/// Cargo takes them from one place only, and will not merge a list with a string; so they are read as
/// cargo would read them, and given in the environment, which wins over all other places.
fn flags(filter: &Filter, machine_paths: &[(PathBuf, String)]) -> Result<Vec<String>, Error> {
    let of_user = cargo_config2::Config::load_with_cwd(&filter.dir)
        .and_then(|config| config.rustflags(filter.options.target.triple()))
        .map_err(|source| Error::CargoConfig { filter: filter.name.clone(), source })?;
    let mut flags = of_user.map(|flags| flags.flags).unwrap_or_default();
    let remap =
        |(path, name): &(PathBuf, String)| format!("--remap-path-prefix={}={name}", path.display());
    flags.extend(machine_paths.iter().map(remap));
    Ok(flags)
}

/// What cargo says of a build.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

fn messages(stdout: &[u8]) -> Vec<Message> {
    let text = String::from_utf8_lossy(stdout);
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The module among what cargo says that it made.
fn module(messages: &[Message], filter: &Filter) -> Result<PathBuf, Error> {
    messages
        .iter()
        .filter(|message| message.reason == "compiler-artifact")
        .filter(|message| message.manifest_path == filter.manifest)
        .flat_map(|message| &message.filenames)
        .find(|file| file.extension().is_some_and(|ending| ending == "wasm"))
        .cloned()
        .ok_or_else(|| Error::NoModule { filter: filter.name.clone() })
}
