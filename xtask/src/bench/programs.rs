//! The optimised benchmark programs, and the processors that they run on.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Error;
use cargo_http_wasm::{process, ui};

/// Cargo's profile for them, with whole-program optimisation; the manifest says why.
const PROFILE: &str = "measured";

/// The programs, built.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    measure: PathBuf,
    pub(crate) server: PathBuf,
    cpus: Vec<usize>,
}

/// What cargo prints for each thing that it has built.
#[derive(Deserialize)]
struct Artifact {
    target: Target,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

impl Programs {
    /// Builds the programs in the workspace at `root`. This takes minutes the first time.
    ///
    /// # Errors
    /// When cargo fails.
    pub(crate) fn build(root: &Path) -> Result<Self, Error> {
        let mut cargo = process::cargo();
        cargo.current_dir(root).args(["build", "--profile", PROFILE]);
        cargo.args(["--package", "http-wasm-host"]);
        cargo.args(["--bench", "measure", "--example", "axum"]);
        cargo.args(["--message-format", "json-render-diagnostics"]);
        let output = process::run_watched(&mut cargo, |line| ui::err(line));
        let output = output.map_err(Error::Build)?;
        let text = String::from_utf8_lossy(&output);
        let find = |name: &'static str| {
            let artifacts = text.lines().filter_map(|line| serde_json::from_str(line).ok());
            let mut named = artifacts.filter(|artifact: &Artifact| artifact.target.name == name);
            named.find_map(|artifact| artifact.executable).ok_or(Error::NotBuilt(name))
        };
        let cpus = if process::on_path("taskset").is_some() { allowed_cpus() } else { Vec::new() };
        Ok(Self { measure: find("measure")?, server: find("axum")?, cpus })
    }

    /// The processor for measured programs; `None` for any.
    #[must_use]
    pub(crate) fn cpu(&self) -> Option<usize> {
        self.cpus.last().copied()
    }

    /// The processor for the source of the load: another one if there is one.
    #[must_use]
    pub(crate) fn other_cpu(&self) -> Option<usize> {
        self.cpus.iter().rev().nth(1).copied().or_else(|| self.cpu())
    }

    /// Runs the benchmark program and parses the JSON lines that it prints.
    pub(crate) fn measure<T: DeserializeOwned>(
        &self,
        cpu: Option<usize>,
        arguments: &[&str],
        wanted: &'static str,
    ) -> Result<Vec<T>, Error> {
        let mut command = process::pinned(&self.measure, cpu);
        lines(command.args(arguments), wanted)
    }
}

/// Runs a program and parses the JSON lines that it prints.
fn lines<T: DeserializeOwned>(
    command: &mut Command,
    wanted: &'static str,
) -> Result<Vec<T>, Error> {
    let output = process::run(command).map_err(Error::Run)?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = |line: &str| {
        serde_json::from_str(line).map_err(|_| Error::Output {
            program: process::shown(command),
            found: line.to_owned(),
            wanted,
        })
    };
    text.lines().map(line).collect()
}

/// The processors that this process may use; empty when unknown.
fn allowed_cpus() -> Vec<usize> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    list.map(cpu_list).unwrap_or_default()
}

/// Reads a list such as `0-3,8`.
fn cpu_list(text: &str) -> Vec<usize> {
    let mut cpus = Vec::new();
    for part in text.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.parse::<usize>(), last.parse()) {
            cpus.extend(first..=last);
        }
    }
    cpus
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_processors_are_read() {
        assert_eq!(cpu_list("\t0-3,8\n"), [0, 1, 2, 3, 8]);
        assert_eq!(cpu_list("5"), [5]);
        assert!(cpu_list("").is_empty());
    }

    #[test]
    fn unexpected_output_is_shown() {
        let error = lines::<u32>(process::cargo().arg("--version"), "numbers").unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("found \"cargo "), "{text}");
        assert!(text.ends_with("wanted numbers"), "{text}");
    }
}
