//! From a filter's source to a guest that a host can load: cargo, the post-link passes, `wasm-opt`, the
//! check, and the file.
//!
//! Each stage is a function over bytes; the file appears only when all of them succeeded, and in one
//! step, because hosts reload a guest while it is being written.

mod cache;
mod compile;
mod error;
mod optimise;
mod owner;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::check::{self, Hosts, KnownHost, Limits};
use crate::files;
use crate::lock::{self, Lock};
use crate::postlink::{self, StackSize};
use crate::project::{Filter, GuestTarget, Project};
use crate::tools::{self, WasmOpt};
use crate::ui;

pub use compile::{PROFILE, PROFILE_SETTINGS};
pub use error::Error;

/// How to build.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// With debug assertions and panic messages, to a folder of its own.
    pub dev: bool,
    /// The `wasm-opt` that the user named.
    pub wasm_opt: Option<PathBuf>,
    /// Without `wasm-opt`: guests are larger.
    pub no_wasm_opt: bool,
    /// What is passed on to cargo, such as `--locked`.
    pub cargo_args: Vec<String>,
    /// What the guest may be at most.
    pub limits: Limits,
}

/// The bytes of a module after each stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sizes {
    /// As cargo's linker wrote it.
    pub cargo: u64,
    /// After the post-link passes; names are still inside.
    pub postlink: u64,
    /// After `wasm-opt`; names are still inside.
    pub wasm_opt: u64,
    /// What a host loads.
    #[serde(rename = "final")]
    pub last: u64,
}

/// The stack where its size is not known: everything fits into one page, and every concurrent
/// request costs a whole memory.
const STACK_SIZE: u32 = 16 * 1024;

/// The stack to link with. The linker wants a multiple of 16. The lowest 16 bytes stay unused: a
/// buffer there would have a null address, and Rust takes such a reference for an absent one.
fn linker_stack_size(needed: StackSize) -> u32 {
    // A size beyond all memory ends in the linker's error and not in an overflow here.
    let rounded = |bytes: u32| bytes.min(u32::MAX / 2).next_multiple_of(16) + 16;
    match needed {
        StackSize::Exact(bytes) => rounded(bytes),
        // Whoever recurses will do so more than once.
        StackSize::LowerBound(bytes) => rounded(bytes.saturating_mul(2)).max(STACK_SIZE),
    }
}

/// Whether a stack size can be one that an earlier build has measured. A damaged one would end in an
/// error of the linker.
fn is_stack_size(bytes: u32) -> bool {
    bytes > 0 && bytes.is_multiple_of(16) && bytes <= 1 << 28
}

/// The hosts that every filter has to run on. A filter that imports `get_source_addr` knows that the
/// Express host lacks it.
const HOSTS: Hosts = Hosts::of(&[KnownHost::Traefik, KnownHost::Dapr, KnownHost::Go]);

/// A finished guest.
#[derive(Debug, Clone, Serialize)]
pub struct BuiltGuest {
    /// The package.
    pub filter: String,
    /// The file that a host loads.
    pub path: PathBuf,
    /// The same code with names.
    pub named_path: PathBuf,
    /// Bytes after each stage.
    pub sizes: Sizes,
    /// Bytes of stack.
    pub stack: u32,
    /// What the check found.
    pub report: check::Report,
}

/// Builds filters of one project, and looks for tools only once.
#[derive(Debug)]
pub struct Builder<'a> {
    project: &'a Project,
    options: &'a Options,
    wasm_opt: Option<WasmOpt>,
    sysroot: PathBuf,
    targets: HashSet<GuestTarget>,
}

/// Folders of this machine whose paths should not be in the guests of a project. Without a project
/// it is the folder of cargo only.
#[must_use]
pub fn machine_folders(project: Option<&Project>) -> Vec<PathBuf> {
    let Some(project) = project else { return compile::cargo_home().into_iter().collect() };
    let sysroot = tools::sysroot(&project.root).ok();
    let mut folders = Vec::new();
    for filter in &project.filters {
        for (folder, _) in compile::machine_paths(project, filter, sysroot.as_deref()) {
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
    }
    folders
}

/// The manifest of another project that wrote the guest of this filter last, where both have the same
/// target folder.
#[must_use]
pub fn other_owner(project: &Project, filter: &Filter) -> Option<PathBuf> {
    owner::other_owner(project, filter, "")
}

/// Removes the guests of filters that are gone.
pub fn sweep(project: &Project) {
    owner::sweep(project);
}

/// Builds one filter.
///
/// # Errors
/// When a stage fails; nothing is written then.
pub fn build(project: &Project, filter: &Filter, options: &Options) -> Result<BuiltGuest, Error> {
    Builder::new(project, options)?.build(filter)
}

impl<'a> Builder<'a> {
    /// Finds, or installs, what every build needs.
    ///
    /// # Errors
    /// When that fails.
    pub fn new(project: &'a Project, options: &'a Options) -> Result<Self, Error> {
        let wasm_opt = if options.no_wasm_opt {
            None
        } else {
            Some(WasmOpt::find_or_install(options.wasm_opt.as_deref(), &project.target_dir)?)
        };
        let sysroot = tools::sysroot(&project.root)?;
        owner::sweep(project);
        Ok(Self { project, options, wasm_opt, sysroot, targets: HashSet::new() })
    }

    /// The `wasm-opt` in use, if any.
    #[must_use]
    pub fn wasm_opt(&self) -> Option<&WasmOpt> {
        self.wasm_opt.as_ref()
    }

    /// Builds one filter.
    ///
    /// # Errors
    /// When a stage fails; nothing is written then.
    pub fn build(&mut self, filter: &Filter) -> Result<BuiltGuest, Error> {
        let target = filter.options.target;
        if self.targets.insert(target) {
            tools::ensure_target(target.triple(), &self.project.root)?;
        }
        // Until the guest is written: another build may be of another source, and write the same files.
        let _lock = self.lock(filter)?;
        let wrong = |source| Error::Postlink { filter: filter.name.clone(), source };
        let paths = compile::machine_paths(self.project, filter, Some(&self.sysroot));
        let (compiled, stack) = self.compile(filter, &paths)?;
        let prepared = postlink::prepare_entries(&compiled).map_err(wrong)?.bytes;
        let named = self.optimise(filter, &prepared)?;
        let last = postlink::strip(&named).map_err(wrong)?;

        let limits = self.options.limits.with_max_size(filter.options.max_size);
        let limits = Limits { hosts: limits.hosts.union(HOSTS), ..limits };
        let folders: Vec<_> = paths.into_iter().map(|(folder, _)| folder).collect();
        let report = check::check_for_paths(&last, &limits, &folders);
        if !report.is_ok() {
            let filter = filter.name.clone();
            return Err(Error::Refused { filter, report: Box::new(report) });
        }
        if let Some(other) = owner::other_owner(self.project, filter, self.kind()) {
            ui::warn(format_args!(
                "the guest `{}` replaces that of {}, which has the same target folder; give one of them another \
                 `guest` in [package.metadata.http-wasm]",
                filter.options.guest,
                other.display()
            ));
        }
        owner::claim(self.project, filter, self.kind())?;
        let path = self.place("guests", filter);
        let named_path = self.place("guests-named", filter);
        // The named one first: a guest whose names are of an older build would mislead.
        write(&named_path, &named)?;
        write(&path, &last)?;
        let sizes = Sizes {
            cargo: compiled.len() as u64,
            postlink: prepared.len() as u64,
            wasm_opt: named.len() as u64,
            last: last.len() as u64,
        };
        Ok(BuiltGuest { filter: filter.name.clone(), path, named_path, sizes, stack, report })
    }

    /// Runs cargo until the stack is as big as the filter needs: once when the need is known from
    /// the last build, and twice when the source has changed it.
    fn compile(
        &self,
        filter: &Filter,
        machine_paths: &[(PathBuf, String)],
    ) -> Result<(Vec<u8>, u32), Error> {
        let memory = self.place("guests-cache", filter).with_extension("stack");
        let stated = filter.options.stack_size;
        let last = std::fs::read_to_string(&memory).ok().and_then(|text| text.parse().ok());
        let last = last.filter(|size| is_stack_size(*size));
        // Many filters need none.
        let mut size = stated.or(last).unwrap_or_else(|| linker_stack_size(StackSize::Exact(0)));
        let mut quiet = false;
        loop {
            let Options { dev, cargo_args, .. } = self.options;
            let run =
                compile::Run { dev: *dev, cargo_args, machine_paths, stack_size: size, quiet };
            let compiled = compile::compile(self.project, filter, run)?;
            let compiled = read(&compiled)?;
            let needed = postlink::stack_size(&compiled)
                .map_err(|source| Error::Postlink { filter: filter.name.clone(), source })?;
            let wanted = stated.unwrap_or_else(|| linker_stack_size(needed));
            // What the second run gives is enough, whatever it says about its own need.
            if wanted == size || (quiet && wanted < size) {
                write(&memory, size.to_string().as_bytes())?;
                return Ok((compiled, size));
            }
            size = wanted;
            quiet = true;
        }
    }

    fn optimise(&self, filter: &Filter, prepared: &[u8]) -> Result<Vec<u8>, Error> {
        let Some(wasm_opt) = &self.wasm_opt else { return Ok(prepared.to_vec()) };
        let cache = cache::Entry::new(&self.place("guests-cache", filter), wasm_opt);
        if let Some(known) = cache.get(prepared) {
            return Ok(known);
        }
        let optimised = optimise::optimise(wasm_opt, filter.options.target, prepared)?;
        cache.put(prepared, &optimised)?;
        Ok(optimised)
    }

    /// Waits for other builds of the guest of this filter.
    fn lock(&self, filter: &Filter) -> Result<Lock, Error> {
        let folder = self.project.target_dir.join(format!("guests-cache{}", self.kind()));
        let name = filter.options.guest.replace('/', "-");
        lock::lock(&folder, &name).map_err(|source| Error::File {
            action: "cannot lock a file in",
            path: folder,
            source,
        })
    }

    /// What the names of folders end in for this kind of build.
    fn kind(&self) -> &'static str {
        if self.options.dev { "-dev" } else { "" }
    }

    /// The file of a filter in one of the folders below the target folder.
    fn place(&self, folder: &str, filter: &Filter) -> PathBuf {
        self.project
            .target_dir
            .join(format!("{folder}{}", self.kind()))
            .join(format!("{}.wasm", filter.options.guest))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::File {
        action: "cannot read",
        path: path.to_path_buf(),
        source,
    })
}

/// Writes a file in one step.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    files::write(path, bytes).map_err(|source| Error::File {
        action: "cannot write",
        path: path.to_path_buf(),
        source,
    })
}
