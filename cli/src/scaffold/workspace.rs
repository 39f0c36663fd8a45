//! Finds the cargo workspace that a folder yet to be created would be a member of.
//!
//! Cargo refuses a package that lies below a workspace and is neither a member of it nor a
//! workspace of its own, and one that is both. So this must be known before a scaffold is written.

use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};
use serde::Deserialize;

use super::Error;

/// The workspace that the new folder becomes a member of.
#[derive(Debug, PartialEq)]
pub(super) struct Enclosing {
    /// The folder of its manifest.
    pub(super) root: PathBuf,
    /// Whether cargo's resolver 1 applies, which gives a guest also the features that only its tests ask
    /// for.
    pub(super) has_old_resolver: bool,
    workspace: Workspace,
}

impl Enclosing {
    /// The nearest folder, from `folder` up to the root, in which a temporary folder is not a member:
    /// cargo fails on a folder without a manifest that a wildcard of `members` matches. When the
    /// wildcard matches everything, this is `folder` itself.
    pub(super) fn draft_folder<'a>(&self, folder: &'a Path) -> &'a Path {
        folder
            .ancestors()
            .take_while(|above| above.starts_with(&self.root))
            .find(|above| {
                let draft = above.join(DRAFT_PREFIX);
                !self.workspace.takes_in(draft.strip_prefix(&self.root).unwrap_or(&draft))
            })
            .unwrap_or(folder)
    }
}

/// The prefix of the names of temporary folders.
pub(super) const DRAFT_PREFIX: &str = ".http-wasm-new-";

#[derive(Default, Deserialize)]
struct Manifest {
    workspace: Option<Workspace>,
    package: Option<toml::Table>,
}

impl Manifest {
    /// Whether cargo's resolver 1 applies in this workspace: it is named, or follows from the edition of
    /// the package beside it. Without such a package it is the default.
    fn has_old_resolver(&self) -> bool {
        let workspace = self.workspace.as_ref();
        if let Some(named) = workspace.and_then(|workspace| workspace.resolver.as_deref()) {
            return named == "1";
        }
        let edition = self.package.as_ref().and_then(|package| package.get("edition"));
        let edition = match edition {
            Some(toml::Value::Table(_)) => {
                workspace.and_then(|workspace| workspace.package.get("edition"))
            }
            edition => edition,
        };
        matches!(edition.and_then(toml::Value::as_str), None | Some("2015" | "2018"))
    }
}

#[derive(Debug, Default, PartialEq, Deserialize)]
struct Workspace {
    resolver: Option<String>,
    #[serde(default)]
    package: toml::Table,
    #[serde(default)]
    members: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
}

/// The workspace that `folder` (absolute, without `..`) would be a member of. The nearest manifest
/// with a `[workspace]` decides, as for cargo.
pub(super) fn enclosing(folder: &Path) -> Result<Option<Enclosing>, Error> {
    for root in folder.ancestors().skip(1) {
        let manifest = root.join("Cargo.toml");
        if !manifest.is_file() {
            continue;
        }
        let text = std::fs::read_to_string(&manifest)
            .map_err(|source| Error::Read { path: manifest.clone(), source })?;
        let read: Manifest = toml::from_str(&text).map_err(|error| Error::OuterManifest {
            manifest,
            reason: error.message().to_owned(),
        })?;
        let has_old_resolver = read.has_old_resolver();
        if let Some(workspace) = read.workspace {
            let inside = folder.strip_prefix(root).unwrap_or(folder);
            let is_member = workspace.takes_in(inside);
            let root = root.to_owned();
            return Ok(is_member.then_some(Enclosing { root, has_old_resolver, workspace }));
        }
    }
    Ok(None)
}

impl Workspace {
    fn takes_in(&self, inside: &Path) -> bool {
        // An entry without wildcards wins over `exclude`, a wildcard does not.
        let named = self.members.iter().any(|member| Path::new(clean(member)) == inside);
        let excluded = self.exclude.iter().any(|prefix| inside.starts_with(clean(prefix)));
        named || (!excluded && self.members.iter().any(|member| matches(clean(member), inside)))
    }
}

fn clean(entry: &str) -> &str {
    entry.trim_start_matches("./").trim_end_matches('/')
}

fn matches(pattern: &str, inside: &Path) -> bool {
    let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
    Pattern::new(pattern).is_ok_and(|pattern| pattern.matches_path_with(inside, options))
}

/// Refuses a name that a member of the workspace at `root` has already.
///
/// This does not run cargo, which fails when a listed member is missing; that may be the new filter.
pub(super) fn refuse_taken_name(root: &Path, name: &str) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct Member {
        package: Option<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
    }
    let read = |manifest: &Path| std::fs::read_to_string(manifest).ok();
    let workspace = read(&root.join("Cargo.toml"))
        .and_then(|text| toml::from_str::<Manifest>(&text).ok()?.workspace)
        .unwrap_or_default();
    // `a-b` and `a_b` would write the same files into the shared target folder.
    let same = |other: &str| other.replace('-', "_") == name.replace('-', "_");
    let escaped = Pattern::escape(&root.to_string_lossy());
    let manifests = workspace
        .members
        .iter()
        .filter_map(|member| glob::glob(&format!("{escaped}/{}/Cargo.toml", clean(member))).ok())
        .flat_map(|found| found.flatten())
        .chain([root.join("Cargo.toml")]);
    for manifest in manifests {
        let package =
            read(&manifest).and_then(|text| toml::from_str::<Member>(&text).ok()?.package);
        if let Some(found) = package.map(|package| package.name).filter(|other| same(other)) {
            return Err(Error::MemberName { name: name.to_owned(), found, manifest });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(members: &[&str], exclude: &[&str]) -> Workspace {
        let owned = |list: &[&str]| list.iter().map(|&entry| entry.to_owned()).collect();
        Workspace { members: owned(members), exclude: owned(exclude), ..Workspace::default() }
    }

    #[test]
    fn members_and_globs_take_in_and_exclude_keeps_out() {
        let takes = |members: &[&str], exclude: &[&str], folder: &str| {
            workspace(members, exclude).takes_in(Path::new(folder))
        };
        assert!(takes(&["examples/*"], &[], "examples/new"));
        assert!(takes(&["./examples/*/"], &[], "examples/new"));
        assert!(takes(&["filters/**"], &[], "filters/a/b"));
        assert!(takes(&["new"], &[], "new"));
        assert!(!takes(&["examples/*"], &[], "examples/deep/new"));
        assert!(!takes(&["examples/*"], &[], "new"));
        assert!(!takes(&[], &[], "new"));
        assert!(!takes(&["examples/*"], &["examples/new"], "examples/new"));
        assert!(!takes(&["*/*"], &["target"], "target/new"));
        assert!(takes(&["target/new"], &["target"], "target/new"));
    }

    #[test]
    fn a_draft_is_never_taken_for_a_member() {
        let folder = |members: &[&str]| {
            let workspace = workspace(members, &["target"]);
            let enclosing = Enclosing { root: "/root".into(), has_old_resolver: false, workspace };
            enclosing.draft_folder(Path::new("/root/examples")).to_owned()
        };
        assert_eq!(folder(&["examples/*"]), Path::new("/root"));
        assert_eq!(folder(&["examples/new"]), Path::new("/root/examples"));
        // Nowhere in the workspace is better than here.
        assert_eq!(folder(&["**"]), Path::new("/root/examples"));
    }

    #[test]
    fn the_old_resolver_is_named_or_follows_from_the_edition() {
        for (manifest, is_old) in [
            ("[workspace]", true),
            ("[workspace]\nresolver = \"1\"", true),
            ("[workspace]\nresolver = \"2\"", false),
            ("[workspace]\n[package]\nname = \"a\"", true),
            ("[workspace]\n[package]\nname = \"a\"\nedition = \"2018\"", true),
            ("[workspace]\n[package]\nname = \"a\"\nedition = \"2021\"", false),
            ("[workspace]\nresolver = \"1\"\n[package]\nedition = \"2024\"", true),
            ("[workspace.package]\nedition = \"2024\"\n[package]\nedition.workspace = true", false),
            ("[workspace.package]\nedition = \"2024\"", true),
        ] {
            let read: Manifest = toml::from_str(manifest).expect("TOML");
            assert_eq!(read.has_old_resolver(), is_old, "{manifest}");
        }
    }

    #[test]
    fn the_nearest_workspace_decides() {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let root = temp.path().canonicalize().expect("it exists");
        let inner = root.join("inner");
        std::fs::create_dir_all(inner.join("package")).expect("writable");
        std::fs::write(root.join("Cargo.toml"), "[workspace]\nmembers = [\"**\"]").expect("write");
        let found = || {
            let found = enclosing(&inner.join("package/new")).expect("readable");
            found.map(|enclosing| enclosing.root)
        };
        assert_eq!(found().as_ref(), Some(&root));

        // A package is not a workspace: the search continues above it.
        std::fs::write(inner.join("package/Cargo.toml"), "[package]\nname = \"p\"").expect("write");
        assert_eq!(found(), Some(root));

        std::fs::write(inner.join("Cargo.toml"), "[workspace]").expect("write");
        assert_eq!(found(), None);

        std::fs::write(inner.join("Cargo.toml"), "[workspace\n").expect("write");
        let error = enclosing(&inner.join("new")).expect_err("not TOML").to_string();
        assert!(error.contains("Cargo.toml"), "{error}");
    }
}
