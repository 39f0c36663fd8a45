//! Reads the project that a command works on: its filters, their folders, and the options of each in
//! `[package.metadata.http-wasm]`.
//!
//! Everything comes from `cargo metadata`; manifests are never changed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::process;

/// The package that a filter depends on.
const SDK: &str = "http-wasm-sdk";
/// The table in a manifest's metadata that this tool reads.
const TABLE: &str = "http-wasm";

/// Why a project could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `cargo metadata` failed.
    #[error(transparent)]
    Cargo(#[from] process::Error),
    /// The output of `cargo metadata` was not as expected.
    #[error(
        "cannot read what `cargo metadata` printed: {0}; the toolchain may be too old (1.95 is wanted)"
    )]
    Metadata(#[source] serde_json::Error),
    /// An option in a manifest is unknown or has an invalid value.
    #[error("{}: [package.metadata.{TABLE}]: {problem}", manifest.display())]
    Options {
        /// The manifest.
        manifest: PathBuf,
        /// What is wrong, with what would be right.
        problem: String,
    },
    /// Two filters would write the same guest.
    #[error(
        "`{first}` and `{second}` both write the guest `{guest}`; give one of them another `guest` in [package.metadata.{TABLE}]"
    )]
    SameGuest {
        /// One package.
        first: String,
        /// The other.
        second: String,
        /// The output that both name.
        guest: String,
    },
    /// A named filter does not exist.
    #[error("no filter `{name}` in {}; {known}", root.display())]
    Unknown {
        /// The name.
        name: String,
        /// The root of the project.
        root: PathBuf,
        /// The names that exist.
        known: String,
    },
    /// The project has no filters.
    #[error("no filter in {}: a filter is a package with `crate-type = [\"cdylib\", \"rlib\"]` that depends on `{SDK}`; `new NAME` writes one", root.display())]
    NoFilters {
        /// The root of the project.
        root: PathBuf,
    },
    /// A package would be a filter with another type of library.
    #[error("`{name}` depends on `{SDK}` and is no filter, because its library is no cdylib: have `crate-type = [\"cdylib\", \"rlib\"]` in [lib] of {}", manifest.display())]
    NoCdylib {
        /// The package.
        name: String,
        /// Its manifest.
        manifest: PathBuf,
    },
}

/// A cargo workspace, or a package on its own, that has filters.
#[derive(Debug, Clone)]
pub struct Project {
    /// The workspace's root folder.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target_dir: PathBuf,
    /// The packages that are built to guests, sorted by name.
    pub filters: Vec<Filter>,
    /// Whether the manifest of the workspace defines a profile `guest`.
    pub has_guest_profile: bool,
    /// Packages that are no filters only for the type of their library: names and manifests.
    without_cdylib: Vec<(String, PathBuf)>,
}

/// A package that is built to a guest.
#[derive(Debug, Clone)]
pub struct Filter {
    /// The package's name.
    pub name: String,
    /// Its manifest.
    pub manifest: PathBuf,
    /// The folder of its manifest.
    pub dir: PathBuf,
    /// Its recorded exchanges, if it has any.
    pub exchanges: Option<PathBuf>,
    /// The folders of the packages that it depends on by path, sorted by the packages' names.
    pub path_dependencies: Vec<PathBuf>,
    /// The options in its manifest.
    pub options: GuestOptions,
}

/// The options of a filter in `[package.metadata.http-wasm]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestOptions {
    /// The guest's file below the guests folder, without its ending; by default the package's name.
    pub guest: String,
    /// Bytes of stack; by default the build measures the need.
    pub stack_size: Option<u32>,
    /// The compilation target.
    pub target: GuestTarget,
    /// The maximum size of the finished guest, in bytes.
    pub max_size: Option<u64>,
    /// The sizes of other guests with the same function, by the name of their toolchain.
    pub compare: BTreeMap<String, u64>,
}

/// A compilation target for guests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
pub enum GuestTarget {
    /// `core` and `alloc` only, without bulk memory and WASI; every host can load it.
    #[default]
    #[serde(rename = "wasm32v1-none")]
    Bare,
    /// With std, over WASI preview 1.
    #[serde(rename = "wasm32-wasip1")]
    WasiP1,
}

impl GuestTarget {
    /// Cargo's name of the target.
    #[must_use]
    pub const fn triple(self) -> &'static str {
        match self {
            Self::Bare => "wasm32v1-none",
            Self::WasiP1 => "wasm32-wasip1",
        }
    }
}

impl Project {
    /// Reads the project that the current folder, or the given manifest, belongs to.
    ///
    /// # Errors
    /// When there is no manifest, cargo cannot read it, or a filter's options are wrong.
    pub fn locate(manifest: Option<&Path>) -> Result<Self, Error> {
        let mut command = process::cargo();
        command.args(["metadata", "--no-deps", "--format-version", "1"]);
        if let Some(manifest) = manifest {
            command.arg("--manifest-path").arg(manifest);
        }
        let output = process::run(&mut command)?;
        Self::read(serde_json::from_slice(&output.stdout).map_err(Error::Metadata)?)
    }

    fn read(metadata: Metadata) -> Result<Self, Error> {
        let mut filters = Vec::new();
        let mut without_cdylib = Vec::new();
        for package in metadata.packages {
            if package.uses_sdk()
                && !package.has(&["cdylib", "proc-macro"])
                && package.has(&["lib", "rlib"])
            {
                without_cdylib.push((package.name.clone(), package.manifest_path.clone()));
            }
            filters.extend(package.into_filter()?);
        }
        filters.sort_by(|a, b| a.name.cmp(&b.name));
        for (index, filter) in filters.iter().enumerate() {
            let same = |other: &&Filter| other.options.guest == filter.options.guest;
            if let Some(other) = filters[..index].iter().find(same) {
                return Err(Error::SameGuest {
                    first: other.name.clone(),
                    second: filter.name.clone(),
                    guest: filter.options.guest.clone(),
                });
            }
        }
        let has_guest_profile = has_guest_profile(&metadata.workspace_root.join("Cargo.toml"));
        Ok(Self {
            root: metadata.workspace_root,
            target_dir: metadata.target_directory,
            filters,
            has_guest_profile,
            without_cdylib,
        })
    }

    /// The filters of these names, in this order; all filters when no name is given.
    ///
    /// # Errors
    /// When a name is unknown, or the project has no filters.
    pub fn select(&self, names: &[String]) -> Result<Vec<&Filter>, Error> {
        let cannot = |(name, manifest): &(String, PathBuf)| Error::NoCdylib {
            name: name.clone(),
            manifest: manifest.clone(),
        };
        let named = |(name, _): &&(String, PathBuf)| names.contains(name);
        if let Some(package) = self.without_cdylib.iter().find(named) {
            return Err(cannot(package));
        }
        if self.filters.is_empty() {
            let near = self.without_cdylib.first().map(cannot);
            return Err(near.unwrap_or_else(|| Error::NoFilters { root: self.root.clone() }));
        }
        if names.is_empty() {
            return Ok(self.filters.iter().collect());
        }
        names.iter().map(|name| self.filter(name)).collect()
    }

    fn filter(&self, name: &str) -> Result<&Filter, Error> {
        self.filters.iter().find(|filter| filter.name == name).ok_or_else(|| {
            let names: Vec<_> = self.filters.iter().map(|filter| filter.name.as_str()).collect();
            Error::Unknown {
                name: name.to_owned(),
                root: self.root.clone(),
                known: format!("{}known: {}", did_you_mean(name, &names), names.join(", ")),
            }
        })
    }

    /// Where the finished guest of a filter is written.
    #[must_use]
    pub fn guest_path(&self, filter: &Filter) -> PathBuf {
        self.target_dir.join("guests").join(format!("{}.wasm", filter.options.guest))
    }

    /// Where the guest is written with its names, for reading a host's stack traces. Not below the
    /// guests folder, so that everything there can be shipped.
    #[must_use]
    pub fn named_guest_path(&self, filter: &Filter) -> PathBuf {
        self.target_dir.join("guests-named").join(format!("{}.wasm", filter.options.guest))
    }
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
    dependencies: Vec<Dependency>,
    #[serde(default)]
    metadata: serde_json::Value,
}

#[derive(Deserialize)]
struct Target {
    crate_types: Vec<String>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    path: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawOptions {
    guest: Option<String>,
    stack_size: Option<u32>,
    #[serde(default)]
    target: GuestTarget,
    max_size: Option<u64>,
    #[serde(default)]
    compare: BTreeMap<String, u64>,
}

impl Package {
    /// Whether one of its targets has one of these types.
    fn has(&self, types: &[&str]) -> bool {
        self.targets.iter().flat_map(|target| &target.crate_types).any(|ty| types.contains(&&**ty))
    }

    fn uses_sdk(&self) -> bool {
        self.dependencies
            .iter()
            .any(|dependency| dependency.name == SDK && dependency.kind.is_none())
    }

    /// A filter if the package has a cdylib, and depends on the SDK or has the options' table: a guest
    /// need not use the SDK.
    fn into_filter(self) -> Result<Option<Filter>, Error> {
        let table = self.metadata.get(TABLE);
        if !self.has(&["cdylib"]) || !(table.is_some() || self.uses_sdk()) {
            return Ok(None);
        }
        let options = read_options(&self.name, table)
            .map_err(|problem| Error::Options { manifest: self.manifest_path.clone(), problem })?;
        let dir = self.manifest_path.parent().map(Path::to_path_buf).unwrap_or_default();
        let exchanges = Some(dir.join("exchanges.toml")).filter(|file| file.is_file());
        let mut paths: Vec<_> = self
            .dependencies
            .into_iter()
            .filter(|dependency| dependency.kind.is_none())
            .filter_map(|dependency| Some((dependency.name, dependency.path?)))
            .collect();
        paths.sort();
        Ok(Some(Filter {
            name: self.name,
            manifest: self.manifest_path,
            dir,
            exchanges,
            path_dependencies: paths.into_iter().map(|(_, path)| path).collect(),
            options,
        }))
    }
}

fn read_options(name: &str, table: Option<&serde_json::Value>) -> Result<GuestOptions, String> {
    let raw = match table {
        Some(table) => RawOptions::deserialize(table).map_err(|error| error.to_string())?,
        None => RawOptions::default(),
    };
    let guest = raw.guest.unwrap_or_else(|| name.to_owned());
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    if !guest.split('/').all(plain) {
        return Err(format!(
            "guest = {guest:?}: wanted a file below the guests folder without its ending, such as \"sizes/log\""
        ));
    }
    if let Some(size) = raw.stack_size.filter(|size| *size == 0 || !size.is_multiple_of(16)) {
        return Err(format!("stack-size = {size}: wanted bytes, a multiple of 16 above 0"));
    }
    Ok(GuestOptions {
        guest,
        stack_size: raw.stack_size,
        target: raw.target,
        max_size: raw.max_size,
        compare: raw.compare,
    })
}

fn did_you_mean(found: &str, names: &[&str]) -> String {
    let scores = names.iter().map(|name| (strsim::jaro_winkler(found, name), name));
    let near = scores.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0));
    near.map(|(_, name)| format!("did you mean `{name}`? ")).unwrap_or_default()
}

/// Whether a manifest has a profile `guest`. Cargo has reported an unreadable manifest before.
fn has_guest_profile(manifest: &Path) -> bool {
    std::fs::read_to_string(manifest)
        .ok()
        .and_then(|text| text.parse::<toml::Table>().ok())
        .and_then(|table| table.get("profile")?.get("guest").cloned())
        .is_some()
}

#[cfg(test)]
mod tests;
