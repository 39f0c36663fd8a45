//! Creates a filter from a template, completely or not at all.
//!
//! The files are written into a temporary folder on the same file system, which is renamed when it
//! is complete. So an error, a full disk or an interruption leaves no half-written filter, and no
//! existing file is overwritten.

use std::io;
use std::path::{Component, Path, PathBuf};

use crate::cleanup::TempFolder;

mod name;
mod template;
mod workspace;

pub use name::NameError;
pub use template::names as templates;

/// The filter to create.
#[derive(Debug)]
pub struct Request<'a> {
    /// The name of the crate.
    pub name: &'a str,
    /// The template: one of [`templates`].
    pub template: &'a str,
    /// The folder to create; it must not exist.
    pub folder: &'a Path,
    /// The folder of the crate `http-wasm-sdk`; see [`sdk_of_this_tool`].
    pub sdk: &'a Path,
}

/// A created filter.
#[derive(Debug)]
pub struct Scaffold {
    /// The new folder, absolute.
    pub folder: PathBuf,
    /// Its files, sorted, relative to it.
    pub files: Vec<String>,
    /// The root of the workspace that the filter is a member of, if it is one.
    pub workspace: Option<PathBuf>,
    /// Whether cargo's resolver 1 applies in that workspace, with which the filter cannot be built.
    pub has_old_resolver: bool,
}

/// Why no filter was created.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The crate cannot have that name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// There is no such template.
    #[error("no template `{found}`{}; the templates are: {}", did_you_mean(.found), templates().join(", "))]
    Template {
        /// The name as given.
        found: String,
    },
    /// The folder exists.
    #[error("{} exists already and is left as it is; choose another name or --path", .folder.display())]
    Taken {
        /// The folder.
        folder: PathBuf,
    },
    /// The path cannot be written in a manifest.
    #[error("the path {} is not UTF-8, and cargo builds nothing there; choose another folder", .path.display())]
    NotUtf8 {
        /// The path.
        path: PathBuf,
    },
    /// The SDK is missing.
    #[error(
        "no http-wasm-sdk in {}; name the `sdk` folder of a checkout with --sdk PATH, or install this tool \
         from there again", .path.display()
    )]
    Sdk {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A package of the enclosing workspace has that name.
    #[error(
        "`{name}` would be a member of the workspace around it, where {} is called `{found}`; \
         choose another name", .manifest.display()
    )]
    MemberName {
        /// The name as given.
        name: String,
        /// The name of the other package.
        found: String,
        /// Its manifest.
        manifest: PathBuf,
    },
    /// The manifest of a workspace around the new folder is broken.
    #[error(
        "the workspace around the new folder is broken, so whether the filter belongs to it is \
         not known: {}: {reason}; repair it or choose another --path", .manifest.display()
    )]
    OuterManifest {
        /// The manifest.
        manifest: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder cannot be written.
    #[error("cannot write {}: {source}; nothing was changed", .path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn did_you_mean(found: &str) -> String {
    let near = templates()
        .into_iter()
        .map(|name| (strsim::jaro_winkler(found, name), name))
        .filter(|(score, _)| *score > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    near.map(|(_, name)| format!(" (did you mean `{name}`?)")).unwrap_or_default()
}

/// The SDK of the checkout that this tool belongs to. Until the crates are published, that is where a
/// scaffold finds them.
#[must_use]
pub fn sdk_of_this_tool() -> PathBuf {
    let run_by_cargo = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let program = std::env::current_exe().ok();
    let compiled_in = Path::new(env!("CARGO_MANIFEST_DIR"));
    sdk_beside(run_by_cargo.as_deref(), program.as_deref(), compiled_in)
}

/// The folder of the SDK, for a tool that cargo runs for a package, that is this program, and that was
/// compiled in a folder.
///
/// The last one is only right for an installed tool: cargo does not compile a checkout again that was
/// moved or copied along with its target folder.
fn sdk_beside(run_by_cargo: Option<&Path>, program: Option<&Path>, compiled_in: &Path) -> PathBuf {
    let is_checkout = |folder: &&Path| {
        ["cli", "sdk"].iter().all(|part| folder.join(part).join("Cargo.toml").is_file())
    };
    let above = |path: Option<&Path>| {
        path.into_iter().flat_map(Path::ancestors).skip(1).find(is_checkout).map(Path::to_owned)
    };
    let by_cargo = run_by_cargo.and_then(Path::parent).filter(is_checkout).map(Path::to_owned);
    match by_cargo.or_else(|| above(program)) {
        Some(checkout) => checkout.join("sdk"),
        None => compiled_in.join("../sdk"),
    }
}

/// Writes the filter.
///
/// # Errors
/// When it was not written; then nothing was changed.
pub fn write(request: &Request<'_>) -> Result<Scaffold, Error> {
    name::check(request.name)?;
    let template = template::find(request.template)
        .ok_or_else(|| Error::Template { found: request.template.to_owned() })?;
    let sdk = find_sdk(request.sdk)?;
    let (existing, folder) = resolve(request.folder)?;
    if folder.symlink_metadata().is_ok() {
        return Err(Error::Taken { folder });
    }

    if folder.to_str().is_none() {
        return Err(Error::NotUtf8 { path: folder });
    }
    let enclosing = workspace::enclosing(&folder)?;
    let draft_folder = enclosing.as_ref().map_or(&*existing, |found| found.draft_folder(&existing));
    let draft_folder = draft_folder.to_owned();
    let has_old_resolver = enclosing.as_ref().is_some_and(|found| found.has_old_resolver);
    let workspace = enclosing.map(|enclosing| enclosing.root);
    if let Some(root) = &workspace {
        workspace::refuse_taken_name(root, request.name)?;
    }
    let sdk = toml::Value::String(path_for_manifest(&sdk, &folder)?).to_string();
    let up = match &workspace {
        Some(root) => "../".repeat(folder.strip_prefix(root).unwrap_or(&folder).iter().count()),
        None => String::new(),
    };
    let mut files = template.files(&[
        ("name", request.name.to_owned()),
        ("sdk", format!("{{ path = {sdk} }}")),
        ("sdk-testing", format!("{{ path = {sdk}, features = [\"testing\"] }}")),
        ("guest", format!("{up}target/guests/{}.wasm", request.name)),
        ("workspace", if workspace.is_some() { "" } else { OWN_WORKSPACE }.to_owned()),
    ]);
    if workspace.as_deref().is_some_and(has_alias) {
        // The alias of the workspace works for its members; one of the filter would hide it.
        files.retain(|file| file.path != CARGO_CONFIG);
    }
    write_files(&files, &draft_folder, &folder)?;
    let files = files.into_iter().map(|file| file.path).collect();
    Ok(Scaffold { folder, files, workspace, has_old_resolver })
}

const CARGO_CONFIG: &str = ".cargo/config.toml";

const OWN_WORKSPACE: &str =
    "\n# A workspace of its own, whatever folder it lies in.\n[workspace]\n";

/// Whether the cargo configuration of `root` has an alias `xtask`.
fn has_alias(root: &Path) -> bool {
    let text = std::fs::read_to_string(root.join(CARGO_CONFIG)).unwrap_or_default();
    let config: toml::Table = toml::from_str(&text).unwrap_or_default();
    config.get("alias").and_then(|alias| alias.get("xtask")).is_some()
}

fn find_sdk(path: &Path) -> Result<PathBuf, Error> {
    let missing = || Error::Sdk { path: path.to_owned() };
    let found = dunce::canonicalize(path).map_err(|_| missing())?;
    let text = std::fs::read_to_string(found.join("Cargo.toml")).map_err(|_| missing())?;
    let manifest: toml::Table = toml::from_str(&text).map_err(|_| missing())?;
    let name = manifest.get("package").and_then(|package| package.get("name"));
    if name.and_then(toml::Value::as_str) == Some("http-wasm-sdk") {
        Ok(found)
    } else {
        Err(missing())
    }
}

/// Resolves a path: its nearest existing folder without links, and the whole path below that.
fn resolve(folder: &Path) -> Result<(PathBuf, PathBuf), Error> {
    let failed = |source| Error::Write { path: folder.to_owned(), source };
    let absolute = std::path::absolute(folder).map_err(failed)?;
    let mut plain = PathBuf::new();
    for part in absolute.components() {
        match part {
            // As typed, since the file system's `..` would follow links.
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    // The last part is not resolved: a link there means that the name is taken.
    let existing = plain.ancestors().skip(1).find(|above| above.is_dir());
    let Some(existing) = existing else { return Err(Error::Taken { folder: plain }) };
    let below = plain.strip_prefix(existing).unwrap_or(&plain);
    let existing = dunce::canonicalize(existing).map_err(failed)?;
    let whole = existing.join(below);
    Ok((existing, whole))
}

/// The path of the SDK in the manifest of `folder`: relative inside the SDK's own checkout, which may
/// be moved, and absolute elsewhere.
fn path_for_manifest(sdk: &Path, folder: &Path) -> Result<String, Error> {
    let path = match sdk.parent().and_then(|checkout| {
        Some((folder.strip_prefix(checkout).ok()?, sdk.strip_prefix(checkout).ok()?))
    }) {
        Some((inside, sdk)) => Path::new(&"../".repeat(inside.iter().count())).join(sdk),
        None => sdk.to_owned(),
    };
    path.to_str().map(str::to_owned).ok_or_else(|| Error::NotUtf8 { path: path.clone() })
}

fn write_files(files: &[template::File], draft_folder: &Path, folder: &Path) -> Result<(), Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Write { path, source }
    };
    let temporary =
        TempFolder::new_in(workspace::DRAFT_PREFIX, draft_folder).map_err(failed(draft_folder))?;
    // One level deeper, because the temporary folder itself is closed to other users.
    let draft = temporary.path().join("draft");
    for file in files {
        let path = draft.join(&file.path);
        let parent = path.parent().unwrap_or(&draft);
        std::fs::create_dir_all(parent).map_err(failed(parent))?;
        std::fs::write(&path, &file.contents).map_err(failed(&path))?;
    }

    let mut made = Vec::new();
    let outcome = make_parents(folder, &mut made).and_then(|()| std::fs::rename(&draft, folder));
    outcome.map_err(|source| {
        for parent in made.iter().rev() {
            // Only folders that were created here, and only while they are empty.
            let _ = std::fs::remove_dir(parent);
        }
        Error::Write { path: folder.to_owned(), source }
    })
}

fn make_parents(folder: &Path, made: &mut Vec<PathBuf>) -> io::Result<()> {
    let missing: Vec<_> = folder.ancestors().skip(1).take_while(|above| !above.is_dir()).collect();
    for parent in missing.into_iter().rev() {
        std::fs::create_dir(parent)?;
        made.push(parent.to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
