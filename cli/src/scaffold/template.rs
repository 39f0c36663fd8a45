//! The templates, embedded in the tool so that an installed tool needs no checkout.
//!
//! In a file whose name ends in `.template`, `{{placeholders}}` are filled in and the ending is removed.
//! Every other file is copied unchanged, so Rust sources in a template are valid Rust.

use include_dir::{Dir, include_dir};

static TEMPLATES: Dir<'static> = include_dir!("$FOLDER_TEMPLATES");

const ENDING: &str = ".template";

/// One template: a folder of `templates/`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Template(&'static Dir<'static>);

/// One file of a filter, to be written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct File {
    /// Its path inside the filter, with `/` between the parts.
    pub(super) path: String,
    /// Its bytes.
    pub(super) contents: Vec<u8>,
}

/// The names of all templates, sorted.
#[must_use]
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<_> =
        TEMPLATES.dirs().filter_map(|folder| folder.path().file_name()?.to_str()).collect();
    names.sort_unstable();
    names
}

/// The template of that name.
#[must_use]
pub(super) fn find(name: &str) -> Option<Template> {
    TEMPLATES.dirs().find(|folder| folder.path().as_os_str() == name).map(Template)
}

impl Template {
    /// Its files, with each `{{key}}` replaced by the value that `values` pairs with it.
    #[must_use]
    pub(super) fn files(self, values: &[(&str, String)]) -> Vec<File> {
        let mut files = Vec::new();
        collect(self.0, self.0, values, &mut files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    }
}

fn collect(root: &Dir<'_>, folder: &Dir<'_>, values: &[(&str, String)], files: &mut Vec<File>) {
    for file in folder.files() {
        let path = file.path().strip_prefix(root.path()).unwrap_or(file.path());
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        let path = parts.join("/");
        files.push(match (path.strip_suffix(ENDING), file.contents_utf8()) {
            (Some(path), Some(text)) => {
                File { path: path.into(), contents: fill(text, values).into_bytes() }
            }
            _ => File { path, contents: file.contents().to_vec() },
        });
    }
    for inner in folder.dirs() {
        collect(root, inner, values, files);
    }
}

/// One pass from left to right, so a value that looks like a placeholder stays as it is.
fn fill(text: &str, values: &[(&str, String)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        match after.split_once("}}").and_then(|(key, after)| {
            values.iter().find(|(known, _)| *known == key).map(|(_, value)| (value, after))
        }) {
            Some((value, after)) => {
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push_str("{{");
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_once_and_braces_of_others_stay() {
        let values = [("a", "{{b}}".to_owned()), ("b", "x".to_owned())];
        assert_eq!(fill("{{a}} {{b}} {{c}} {{", &values), "{{b}} x {{c}} {{");
    }

    #[test]
    fn every_template_is_embedded_and_each_has_what_a_filter_needs() {
        let on_disk = concat!(env!("CARGO_MANIFEST_DIR"), "/../templates");
        let mut folders: Vec<String> = std::fs::read_dir(on_disk)
            .expect("templates/ is beside cli/")
            .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
            .collect();
        folders.sort_unstable();
        assert_eq!(names(), folders);
        assert!(names().contains(&"basic"));
        for name in names() {
            let files = find(name).expect("listed").files(&[]);
            let paths: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
            for needed in [
                ".cargo/config.toml",
                ".gitignore",
                "Cargo.toml",
                "README.md",
                "exchanges.toml",
                "src/lib.rs",
            ] {
                assert!(paths.contains(&needed), "{name} lacks {needed}: {paths:?}");
            }
        }
    }
}
