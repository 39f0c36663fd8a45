//! The stage that runs cargo: flags, the profile, and where the module lies afterwards.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

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
        .arg(&project.target_dir);
    command.args(["--color", if ui::has_color(&std::io::stderr()) { "always" } else { "never" }]);
    if !project.has_guest_profile {
        for (key, value) in PROFILE_SETTINGS {
            command.arg("--config").arg(format!("profile.{PROFILE}.{key}={value}"));
        }
    }
    if run.dev {
        command.arg("--config").arg(format!("profile.{PROFILE}.debug-assertions=true"));
    }
    let remaps: Vec<_> = run
        .machine_paths
        .iter()
        .map(|(path, name)| format!("--remap-path-prefix={}={name}", path.display()))
        .collect();
    add_flags(&mut command, &remaps, triple, &filter.dir);
    // The stack lies below the data, so that an overflow traps instead of writing over the data.
    command.args(["--", "-C", "link-arg=--stack-first", "-C"]);
    command.arg(format!("link-arg=-zstack-size={}", run.stack_size));
    if filter.options.target == GuestTarget::WasiP1 {
        command.args(["-C", &format!("link-arg=--export={}", postlink::CONSTRUCTORS)]);
    }
    if run.quiet {
        return module(&process::run(&mut command)?.stdout, filter);
    }
    let output = process::run_watched(&mut command, |line| {
        // Cargo says for each filter that it is finished; so does the line with its sizes.
        if !(line.contains("Finished") && line.contains("profile [")) {
            ui::err(line);
        }
    })?;
    module(&output, filter)
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

/// Adds flags for the compiler to those that the user has set.
///
/// Cargo takes them from one place only: the environment, else `target.….rustflags`, else
/// `build.rustflags`. So they are added to the place that is in use; elsewhere, they or the user's
/// would be lost without a word.
fn add_flags(command: &mut Command, flags: &[String], triple: &str, dir: &Path) {
    const SEPARATOR: &str = "\u{1f}";
    let ours = flags.join(SEPARATOR);
    let encoded = std::env::var_os("CARGO_ENCODED_RUSTFLAGS").or_else(|| {
        let plain = std::env::var("RUSTFLAGS").ok()?;
        Some(plain.split_whitespace().collect::<Vec<_>>().join(SEPARATOR).into())
    });
    if let Some(mut encoded) = encoded {
        if !encoded.is_empty() {
            encoded.push(SEPARATOR);
        }
        encoded.push(OsString::from(ours));
        command.env("CARGO_ENCODED_RUSTFLAGS", encoded);
        return;
    }
    let list = toml::Value::from(flags.to_vec());
    let place =
        if has_target_flags(triple, dir) { format!("target.{triple}") } else { "build".to_owned() };
    command.arg("--config").arg(format!("{place}.rustflags={list}"));
}

/// Whether a configuration file of cargo, or a variable, sets flags for this target.
fn has_target_flags(triple: &str, dir: &Path) -> bool {
    let variable =
        format!("CARGO_TARGET_{}_RUSTFLAGS", triple.to_ascii_uppercase().replace('-', "_"));
    if std::env::var_os(variable).is_some() {
        return true;
    }
    let folders = dir.ancestors().map(|folder| folder.join(".cargo")).chain(cargo_home());
    folders.flat_map(|folder| [folder.join("config.toml"), folder.join("config")]).any(|file| {
        let Ok(text) = std::fs::read_to_string(file) else { return false };
        let Ok(table) = text.parse::<toml::Table>() else { return false };
        let targets = table.get("target").and_then(toml::Value::as_table);
        targets.into_iter().flatten().any(|(name, settings)| {
            (name == triple || name.starts_with("cfg(")) && settings.get("rustflags").is_some()
        })
    })
}

#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// The module among what cargo says that it made.
fn module(output: &[u8], filter: &Filter) -> Result<PathBuf, Error> {
    String::from_utf8_lossy(output)
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| message.reason == "compiler-artifact")
        .filter(|message| message.manifest_path == filter.manifest)
        .flat_map(|message| message.filenames)
        .find(|file| file.extension().is_some_and(|ending| ending == "wasm"))
        .ok_or_else(|| Error::NoModule { filter: filter.name.clone() })
}
