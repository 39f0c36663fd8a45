//! The guests that `bench requests` measures: what filters do, one by one, and the examples.

use std::path::{Path, PathBuf};

use http_wasm_testkit::guest;

use super::Error;

/// A guest to be measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Guest {
    pub(crate) name: String,
    pub(crate) wasm: PathBuf,
}

/// The examples of this repository that are measured, by name.
pub(crate) const EXAMPLES: [&str; 8] =
    ["header", "size-get-header-values", "log", "config", "router", "auth", "redact", "language"];

/// The examples whose instances are started: all that the table of sizes has.
pub(crate) fn is_sized(name: &str) -> bool {
    name.starts_with("size-") || EXAMPLES.contains(&name)
}

/// Guests in the text format, each for one thing that a filter does.
const TEXTS: [(&str, &str); 5] = [
    ("set", include_str!("guests/set.wat")),
    ("set_loop", include_str!("guests/set_loop.wat")),
    ("set_resp_hook", include_str!("guests/set_resp_hook.wat")),
    ("uri", include_str!("guests/uri.wat")),
    ("buffered", include_str!("guests/buffered.wat")),
];

/// Guests in the text format that are loaded over TCP. Each sets the response header that a client looks
/// for, as the example `header` does.
const LOADED: [(&str, &str); 2] = [
    ("header_loop", include_str!("guests/header_loop.wat")),
    ("header_resp_hook", include_str!("guests/header_resp_hook.wat")),
];

/// Assembles the guests in the text format into `folder`: those that are measured without a network.
///
/// # Errors
/// When one cannot be assembled or written.
pub(crate) fn assemble(folder: &Path) -> Result<Vec<Guest>, Error> {
    assemble_all(&TEXTS, folder)
}

/// Assembles the guests that are loaded over TCP into `folder`.
///
/// # Errors
/// When one cannot be assembled or written.
pub(crate) fn assemble_loaded(folder: &Path) -> Result<Vec<Guest>, Error> {
    assemble_all(&LOADED, folder)
}

fn assemble_all(texts: &[(&str, &str)], folder: &Path) -> Result<Vec<Guest>, Error> {
    texts
        .iter()
        .map(|&(name, text)| {
            let wasm = folder.join(name).with_extension("wasm");
            let failed = |what, source| Error::Io { what, path: wasm.clone(), source };
            let bytes = wat::parse_str(guest::module(text))
                .map_err(|error| failed("cannot assemble", std::io::Error::other(error)))?;
            std::fs::write(&wasm, bytes).map_err(|error| failed("cannot write", error))?;
            Ok(Guest { name: name.to_owned(), wasm })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_are_guests() {
        let folder = tempfile::tempdir().unwrap();
        let mut guests = assemble(folder.path()).unwrap();
        guests.extend(assemble_loaded(folder.path()).unwrap());
        assert_eq!(guests.len(), TEXTS.len() + LOADED.len());
        assert!(guests.iter().all(|guest| guest.wasm.is_file()));
    }
}
