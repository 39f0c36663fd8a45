//! Whose a guest is: projects may share a target folder, and filters go. A note beside the cache names the
//! manifest that each guest was built from.

use std::path::{Path, PathBuf};

use super::{Error, write};
use crate::project::{Filter, Project};

/// The ending of notes.
const ENDING: &str = "owner";
/// The folders of a kind of build, notes first.
const FOLDERS: [&str; 3] = ["guests-cache", "guests", "guests-named"];

/// The manifest that the guest of a filter was built from; `None` where nothing is known.
fn owner(project: &Project, filter: &Filter, kind: &str) -> Option<PathBuf> {
    std::fs::read_to_string(note(project, filter, kind)).ok().map(PathBuf::from)
}

fn note(project: &Project, filter: &Filter, kind: &str) -> PathBuf {
    let folder = project.target_dir.join(format!("{}{kind}", FOLDERS[0]));
    folder.join(format!("{}.{ENDING}", filter.options.guest))
}

/// The manifest of another project that wrote the guest of this filter last and still exists.
pub(super) fn other_owner(project: &Project, filter: &Filter, kind: &str) -> Option<PathBuf> {
    let real = |path: &Path| dunce::canonicalize(path).ok();
    let is_other =
        |owner: &PathBuf| real(owner).is_some_and(|owner| real(&filter.manifest) != Some(owner));
    owner(project, filter, kind).filter(is_other)
}

/// Notes that the guest is of this filter.
pub(super) fn claim(project: &Project, filter: &Filter, kind: &str) -> Result<(), Error> {
    let manifest = filter.manifest.to_string_lossy();
    write(&note(project, filter, kind), manifest.as_bytes())
}

/// Removes guests, and what is cached for them, whose filter is gone: from this project, or along with
/// its whole folder.
pub(super) fn sweep(project: &Project) {
    for kind in ["", "-dev"] {
        let folders = FOLDERS.map(|folder| project.target_dir.join(format!("{folder}{kind}")));
        sweep_below(project, &folders, Path::new(""));
    }
}

fn sweep_below(project: &Project, folders: &[PathBuf; 3], inside: &Path) {
    for entry in std::fs::read_dir(folders[0].join(inside)).into_iter().flatten().flatten() {
        let inside = inside.join(entry.file_name());
        if entry.path().is_dir() {
            sweep_below(project, folders, &inside);
            continue;
        }
        if inside.extension().is_none_or(|ending| ending != ENDING) {
            continue;
        }
        let Ok(manifest) = std::fs::read_to_string(entry.path()).map(PathBuf::from) else {
            continue;
        };
        let guest = inside.with_extension("");
        let is_current = project
            .filters
            .iter()
            .any(|filter| filter.manifest == manifest && Path::new(&filter.options.guest) == guest);
        if manifest.is_file() && (is_current || !is_of(project, &manifest)) {
            continue;
        }
        for (folder, ending) in folders.iter().zip([ENDING, "wasm", "wasm"]) {
            remove(folder, &guest, ending);
        }
        for ending in ["cache", "stack"] {
            remove(&folders[0], &guest, ending);
        }
    }
}

/// Whether a package is of this project: it lies inside, and in no workspace of its own.
fn is_of(project: &Project, manifest: &Path) -> bool {
    let Ok(inside) = manifest.strip_prefix(&project.root) else { return false };
    let is_workspace = |folder: &Path| {
        let text = std::fs::read_to_string(project.root.join(folder).join("Cargo.toml"))
            .unwrap_or_default();
        text.parse::<toml::Table>().is_ok_and(|manifest| manifest.contains_key("workspace"))
    };
    let mut folders = inside.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
    !folders.any(is_workspace)
}

/// Removes a file, and folders that are empty then. A failure does no harm.
fn remove(folder: &Path, guest: &Path, ending: &str) {
    let name = format!("{}.{ending}", guest.display());
    let file = folder.join(name);
    drop(std::fs::remove_file(&file));
    let above = file.ancestors().skip(1).take_while(|above| above.starts_with(folder));
    for above in above {
        if std::fs::remove_dir(above).is_err() {
            break;
        }
    }
}
