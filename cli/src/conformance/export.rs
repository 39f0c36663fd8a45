//! Writes the suite as files for someone who sets up a host: guests, configurations, exchanges, and a
//! manifest.

use std::fs;
use std::path::Path;

use serde::Serialize;

use super::suite::{Case, NamedDeployment, Suite};
use super::url::DOMAIN;
use crate::files;
use crate::hosts::{self, failed};

const README: &str = include_str!(concat!(env!("FOLDER_CONFORMANCE"), "/README.md"));

/// The name of the list.
const MANIFEST: &str = "manifest.json";

/// The list.
#[derive(Clone, Debug, Serialize)]
struct Manifest {
    /// Where the host must send what guests forward.
    upstream: String,
    places: Vec<Place>,
}

#[derive(Clone, Debug, Serialize)]
struct Place {
    /// What `{place}` stands for.
    name: String,
    /// What `{index}` stands for.
    index: String,
    /// The host by which requests find it, unless the URL says otherwise.
    host: String,
    /// The guest's file.
    guest: String,
    /// The file with its configuration; none: it has none.
    config: Option<String>,
}

/// Writes everything into a folder, which is made if need be. `all` are the places of the whole suite,
/// of which `suite` may be a part, so that numbers stay the same; `upstream` is where the tool will
/// listen. Gives the number of places written.
///
/// # Errors
/// When a file cannot be written.
pub fn export(
    suite: &Suite,
    all: &[NamedDeployment],
    folder: &Path,
    upstream: &str,
) -> Result<usize, hosts::Error> {
    let write = |name: &str, contents: &[u8]| {
        let path = folder.join(name);
        files::write(&path, contents).map_err(failed("cannot write", &path))
    };
    // Removed first and written last: a folder with a manifest is complete.
    let manifest_path = folder.join(MANIFEST);
    match fs::remove_file(&manifest_path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(failed("cannot remove", &manifest_path)(error));
        }
        _ => {}
    }
    for part in ["guests", "configs"] {
        let path = folder.join(part);
        fs::create_dir_all(&path).map_err(failed("cannot create", &path))?;
    }
    let file =
        |case: &str, ending: &str| format!("guests/{}.{ending}", case.replace(['/', '_'], "-"));
    for case in &suite.cases {
        let Case { wasm, text, exchanges_text, .. } = case;
        write(&file(&case.key(), "wasm"), wasm)?;
        write(&file(&case.key(), "wat"), text.as_bytes())?;
        write(&file(&case.key(), "toml"), exchanges_text.as_bytes())?;
    }
    let mut places = Vec::new();
    for (index, place) in all.iter().enumerate() {
        if !suite.cases.iter().any(|case| case.key() == place.case) {
            continue;
        }
        let config = place.config.as_ref().map(|_| format!("configs/{}", place.name));
        if let (Some(path), Some(contents)) = (&config, &place.config) {
            write(path, contents)?;
        }
        places.push(Place {
            index: format!("{index:04}"),
            host: format!("{}.{DOMAIN}", place.name),
            guest: file(&place.case, "wasm"),
            name: place.name.clone(),
            config,
        });
    }
    let count = places.len();
    let manifest = Manifest { upstream: format!("http://{upstream}"), places };
    // Texts and lists of texts have a JSON form.
    let manifest = serde_json::to_string_pretty(&manifest).unwrap_or_default();
    write("README.md", README.as_bytes())?;
    write(MANIFEST, format!("{manifest}\n").as_bytes())?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_that_fails_leaves_no_manifest() {
        let folder = tempfile::tempdir().unwrap();
        let suite = Suite::embedded().unwrap().only(&["next".to_owned()]).unwrap();
        let places = suite.deployments();
        let export = || export(&suite, &places, folder.path(), "127.0.0.1:1");
        assert_eq!(export().unwrap(), places.len());
        // A folder in the place of a file cannot be replaced.
        let guest = folder.path().join("guests").join(format!("{}.wasm", places[0].name));
        fs::remove_file(&guest).unwrap();
        fs::create_dir_all(guest.join("x")).unwrap();
        assert!(export().unwrap_err().to_string().starts_with("cannot write "));
        assert!(!folder.path().join(MANIFEST).exists());
    }
}
