//! What `new` writes, and that it changes nothing when it writes nothing.

use std::collections::BTreeSet;
use std::fs;

use super::*;

fn temp() -> (tempfile::TempDir, PathBuf) {
    let temp = tempfile::tempdir().expect("a temporary folder");
    let path = temp.path().canonicalize().expect("it exists");
    (temp, path)
}

fn new(name: &str, folder: &Path) -> Result<Scaffold, Error> {
    write(&Request { name, template: "basic", folder, sdk: &sdk_of_this_tool() })
}

/// Every path below `folder`, so that two listings show what changed.
fn listing(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(listing(&path));
        }
        found.insert(path);
    }
    found
}

fn manifest(folder: &Path) -> toml::Table {
    let text = fs::read_to_string(folder.join("Cargo.toml")).expect("written");
    toml::from_str(&text).expect("a manifest is TOML")
}

#[test]
fn a_scaffold_is_complete_and_without_placeholders() {
    let (_temp, root) = temp();
    let folder = root.join("a/b/my-filter");
    let written = new("my-filter", &folder).expect("written");
    assert_eq!(written.folder, folder);
    assert_eq!(written.workspace, None);
    assert_eq!(
        written.files,
        [
            ".cargo/config.toml",
            ".gitignore",
            "Cargo.toml",
            "README.md",
            "exchanges.toml",
            "src/lib.rs"
        ]
    );
    for file in &written.files {
        let text = fs::read_to_string(folder.join(file)).expect("written");
        assert!(!text.contains("{{"), "{file} holds a placeholder");
    }
    let manifest = manifest(&folder);
    assert_eq!(manifest["package"]["name"].as_str(), Some("my-filter"));
    assert!(manifest.contains_key("workspace"));
    let sdk = manifest["dependencies"]["http-wasm-sdk"]["path"].as_str().expect("a path");
    assert!(Path::new(sdk).is_absolute() && Path::new(sdk).join("Cargo.toml").is_file());
    assert!(!manifest.contains_key("profile"));
    // Nothing is left of the temporary folder.
    assert_eq!(fs::read_dir(&root).expect("readable").count(), 1);
}

#[cfg(unix)]
#[test]
fn other_users_can_enter_a_scaffold_as_they_can_any_new_folder() {
    use std::os::unix::fs::PermissionsExt;
    let (_temp, root) = temp();
    let plain = root.join("plain");
    fs::create_dir(&plain).expect("writable");
    let written = new("open", &root.join("open")).expect("written");
    let mode = |path: &Path| fs::metadata(path).expect("exists").permissions().mode();
    assert_eq!(mode(&written.folder), mode(&plain));
}

#[test]
fn a_member_of_the_workspace_around_it_has_no_workspace_of_its_own() {
    let (_temp, root) = temp();
    fs::write(root.join("Cargo.toml"), "[workspace]\nmembers = [\"filters/*\"]").expect("write");
    fs::create_dir(root.join("filters")).expect("writable");
    let member = new("member", &root.join("filters/member")).expect("written");
    assert_eq!(member.workspace.as_deref(), Some(root.as_path()));
    assert!(!manifest(&member.folder).contains_key("workspace"));
    let readme = fs::read_to_string(member.folder.join("README.md")).expect("written");
    assert!(readme.contains("../../target/guests/member.wasm"), "{readme}");
    assert!(member.files.iter().any(|file| file == CARGO_CONFIG), "nothing else gives the alias");

    let outside = new("outside", &root.join("outside")).expect("written");
    assert_eq!(outside.workspace, None);
    assert!(manifest(&outside.folder).contains_key("workspace"));
}

#[test]
fn a_workspace_that_has_the_alias_keeps_its_own() {
    let (_temp, root) = temp();
    fs::write(root.join("Cargo.toml"), "[workspace]\nmembers = [\"filters/*\"]").expect("write");
    fs::create_dir(root.join(".cargo")).expect("writable");
    fs::write(root.join(CARGO_CONFIG), "[alias]\nxtask = \"run -p x\"").expect("write");
    let member = new("member", &root.join("filters/member")).expect("written");
    assert!(member.files.iter().all(|file| file != CARGO_CONFIG));
    // Not a member: the alias would run a package that its workspace does not have.
    let outside = new("outside", &root.join("outside")).expect("written");
    assert!(outside.files.iter().any(|file| file == CARGO_CONFIG));
}

#[test]
fn a_member_cannot_have_the_name_of_another() {
    let (_temp, root) = temp();
    fs::write(root.join("Cargo.toml"), "[workspace]\nmembers = [\"filters/*\"]").expect("write");
    new("my-filter", &root.join("filters/one")).expect("written");
    let before = listing(&root);
    let error = new("my_filter", &root.join("filters/two")).expect_err("taken").to_string();
    assert!(error.contains("is called `my-filter`"), "{error}");
    assert_eq!(listing(&root), before);
}

#[test]
fn a_member_that_its_workspace_names_already_can_be_written() {
    let (_temp, root) = temp();
    fs::write(root.join("Cargo.toml"), "[workspace]\nmembers = [\"later\"]").expect("write");
    let written = new("later", &root.join("later")).expect("written");
    assert_eq!(written.workspace, Some(root));
}

#[test]
fn a_taken_folder_is_left_as_it_is() {
    let (_temp, root) = temp();
    fs::create_dir(root.join("empty")).expect("writable");
    fs::write(root.join("file"), "mine").expect("writable");
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", root.join("link")).expect("writable");
    let before = listing(&root);
    let taken: &[&str] = if cfg!(unix) { &["empty", "file", "link"] } else { &["empty", "file"] };
    for taken in taken {
        let error = new("filter", &root.join(taken)).expect_err(taken);
        assert!(matches!(error, Error::Taken { .. }), "{taken}: {error}");
    }
    let error = new("filter", &root.join("file/below")).expect_err("below a file").to_string();
    assert!(error.contains("nothing was changed"), "{error}");
    assert_eq!(listing(&root), before);
    assert_eq!(fs::read_to_string(root.join("file")).expect("readable"), "mine");
}

#[test]
fn wrong_arguments_change_nothing() {
    let (_temp, root) = temp();
    let sdk = sdk_of_this_tool();
    let folder = root.join("deep/new");
    let ask = |name, template, sdk| {
        let error = write(&Request { name, template, folder: &folder, sdk }).expect_err(name);
        assert_eq!(fs::read_dir(&root).expect("readable").count(), 0, "{error}");
        error.to_string()
    };
    assert!(ask("test", "basic", &sdk).contains("comes with Rust"));
    assert_eq!(
        ask("good", "basik", &sdk),
        format!(
            "no template `basik` (did you mean `basic`?); the templates are: {}",
            templates().join(", ")
        )
    );
    assert!(!ask("good", "zzz", &sdk).contains("did you mean"));
    // A folder that is there, but holds another crate.
    let other = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(ask("good", "basic", other).contains("--sdk PATH"));
    assert!(ask("good", "basic", &root.join("nowhere")).contains("--sdk PATH"));
}

#[test]
fn the_path_to_the_sdk_is_relative_inside_its_checkout() {
    let path = |folder: &str| {
        path_for_manifest(Path::new("/checkout/sdk"), Path::new(folder)).expect("UTF-8")
    };
    assert_eq!(path("/checkout/examples/new"), "../../sdk");
    assert_eq!(path("/checkout/new"), "../sdk");
    assert_eq!(path("/checkout-2/new"), "/checkout/sdk");
}

#[test]
fn dots_in_the_path_are_taken_as_they_were_typed() {
    let (_temp, root) = temp();
    let written = new("filter", &root.join("no/../here/./filter")).expect("written");
    assert_eq!(written.folder, root.join("here/filter"));
    assert!(!root.join("no").exists());
}

#[test]
fn a_tool_in_a_copied_checkout_takes_the_sdk_of_the_copy() {
    let (_temp, root) = temp();
    for part in ["a/cli", "a/sdk", "a/xtask", "b/cli", "b/sdk", "b/xtask"] {
        fs::create_dir_all(root.join(part)).expect("writable");
        fs::write(root.join(part).join("Cargo.toml"), "").expect("writable");
    }
    let (a, b) = (root.join("a"), root.join("b"));
    let compiled = a.join("cli");
    let found = |package: Option<&Path>, program: &Path| {
        sdk_beside(package, Some(program), &compiled).canonicalize().expect("it exists")
    };
    assert_eq!(found(None, &b.join("target/debug/xtask")), b.join("sdk"));
    assert_eq!(found(Some(&b.join("xtask")), &root.join("shared/debug/xtask")), b.join("sdk"));
    let installed = root.join("bin/cargo-http-wasm");
    assert_eq!(found(None, &installed), a.join("sdk"));
    assert_eq!(
        found(Some(&root.join("filter")), &installed),
        a.join("sdk"),
        "run for another package"
    );
}

#[cfg(unix)]
#[test]
fn a_folder_that_cargo_cannot_name_is_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let (_temp, root) = temp();
    let folder = root.join(std::ffi::OsStr::from_bytes(b"bad\xff")).join("filter");
    let error = new("filter", &folder).unwrap_err().to_string();
    assert!(error.contains("is not UTF-8, and cargo builds nothing there"), "{error}");
    assert!(listing(&root).is_empty());
}
