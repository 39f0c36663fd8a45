//! Reads the cases from the embedded folder, or from the texts of a test.

use std::collections::BTreeMap;
use std::path::Path;

use http_wasm_testkit::recorded::{self, ReadError, RecordedFile};
use include_dir::{Dir, DirEntry, include_dir};

use super::deviations::{self, Deviation, Deviations};
use super::{families, guest};
use crate::hosts::replay::GuestUnderTest;
use crate::hosts::{self, Deployment, failed};

static FILES: Dir<'static> = include_dir!("$FOLDER_CONFORMANCE");

/// The functions that guests share.
const PRELUDE: &str = "prelude.wat";
/// The list of known deviations.
const DEVIATIONS: &str = "deviations.toml";

/// Why the suite cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A family is wrong.
    #[error(transparent)]
    Families(#[from] families::Error),
    /// A case that is generated is also written by hand, or in two families.
    #[error("conformance/{path} is there twice; a case is one of a family or has its own file")]
    Twice {
        /// The file.
        path: String,
    },
    /// A guest's text is wrong.
    #[error(transparent)]
    Guest(#[from] guest::Error),
    /// Exchanges are wrong.
    #[error(transparent)]
    Recorded(#[from] ReadError),
    /// The list of deviations is wrong.
    #[error(transparent)]
    Deviations(#[from] deviations::Error),
    /// A guest without exchanges, or exchanges without a guest.
    #[error("conformance/{found} has no {wanted} beside it")]
    Alone {
        /// The file.
        found: String,
        /// What is missing.
        wanted: String,
    },
    /// Guests could not be run.
    #[error(transparent)]
    Host(#[from] hosts::Error),
}

/// A guest and what a host must do with it.
#[derive(Clone, Debug)]
pub struct Case {
    /// The function of the ABI, or the rule, that it is about.
    pub subject: String,
    /// Its name, unique in its subject.
    pub name: String,
    /// The whole module in the text format.
    pub text: String,
    /// The module.
    pub wasm: Vec<u8>,
    /// The exchanges.
    pub exchanges: RecordedFile,
    /// The text of the exchanges.
    pub exchanges_text: String,
}

impl Case {
    /// `SUBJECT/NAME`.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}/{}", self.subject, self.name)
    }
}

/// A guest with a configuration, under the name by which a host is asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedDeployment {
    /// Letters, digits and hyphens: good for a host name, a path, and a file.
    pub name: String,
    /// `SUBJECT/NAME` of the case.
    pub case: String,
    /// What the guest reads as its configuration; `None`: none.
    pub config: Option<Vec<u8>>,
}

/// All cases, sorted by subject and name.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The cases.
    pub cases: Vec<Case>,
    /// Where known hosts differ.
    pub deviations: Deviations,
}

impl Suite {
    /// The suite that is embedded in this tool.
    ///
    /// # Errors
    /// When one of its files is wrong.
    pub fn embedded() -> Result<Self, Error> {
        Self::new(&embedded_files())
    }

    /// The suite of these files, each a path inside of the folder and a text.
    ///
    /// # Errors
    /// When one of them is wrong.
    pub fn new(files: &[(String, String)]) -> Result<Self, Error> {
        let generated = families::generate(files)?;
        let mut texts = BTreeMap::new();
        for (path, text) in files.iter().chain(&generated) {
            if texts.insert(path.as_str(), text.as_str()).is_some() {
                return Err(Error::Twice { path: path.clone() });
            }
        }
        texts.retain(|path, _| !path.starts_with(families::FOLDER));
        let find = |wanted: &str| texts.get(wanted).copied();
        let prelude = find(PRELUDE).unwrap_or_default();
        let mut cases = Vec::new();
        for (&path, &text) in &texts {
            let Some((subject, file)) = path.split_once('/') else { continue };
            let alone = |wanted: String| Error::Alone { found: path.to_owned(), wanted };
            if let Some(name) = file.strip_suffix(".toml") {
                let wanted = format!("{name}.wat");
                find(&format!("{subject}/{wanted}")).ok_or_else(|| alone(wanted))?;
            }
            let Some(name) = file.strip_suffix(".wat") else { continue };
            let wanted = format!("{subject}/{name}.toml");
            let exchanges = find(&wanted).ok_or_else(|| alone(format!("{name}.toml")))?;
            let key = format!("{subject}/{name}");
            let module = guest::module(&key, text, prelude)?;
            cases.push(Case {
                subject: subject.to_owned(),
                name: name.to_owned(),
                wasm: guest::encode(&key, &module)?,
                text: module,
                exchanges: recorded::parse(exchanges, &Path::new("conformance").join(&wanted))?,
                exchanges_text: exchanges.to_owned(),
            });
        }
        cases.sort_by_key(|case| (case.subject.clone(), case.name.clone()));
        let deviations = match find(DEVIATIONS) {
            Some(text) => Deviations::parse(text, &Path::new("conformance").join(DEVIATIONS))?,
            None => Deviations::default(),
        };
        let suite = Self { cases, deviations };
        suite.check(&suite.deviations)?;
        Ok(suite)
    }

    /// Makes sure that the suite has every exchange that a list names.
    ///
    /// # Errors
    /// When it lacks one.
    pub fn check(&self, list: &Deviations) -> Result<(), deviations::Error> {
        let has = |key: &str, exchange: &str| {
            let case = self.cases.iter().find(|case| case.key() == key);
            case.is_some_and(|case| {
                case.exchanges.exchanges.iter().any(|recorded| recorded.name == exchange)
            })
        };
        match list.iter().flat_map(Deviation::shown).find(|(key, exchange)| !has(key, exchange)) {
            None => Ok(()),
            Some((key, exchange)) => Err(deviations::Error::Unknown {
                found: format!("the exchange {exchange:?} of the case {key:?}"),
                remedy: "take it out, or correct its name",
            }),
        }
    }

    /// The suite with those cases only whose subject or key is among these; all when there are none.
    ///
    /// # Errors
    /// The first of these that names nothing.
    pub fn only(mut self, wanted: &[String]) -> Result<Self, String> {
        let names = |wanted: &String, case: &Case| *wanted == case.subject || *wanted == case.key();
        if let Some(unknown) =
            wanted.iter().find(|wanted| !self.cases.iter().any(|case| names(wanted, case)))
        {
            return Err(unknown.clone());
        }
        self.cases
            .retain(|case| wanted.is_empty() || wanted.iter().any(|wanted| names(wanted, case)));
        Ok(self)
    }

    /// Every guest and configuration that a host must offer, in the order of the suite.
    #[must_use]
    pub fn deployments(&self) -> Vec<NamedDeployment> {
        let mut deployments: Vec<NamedDeployment> = Vec::new();
        for case in &self.cases {
            let mut configs: Vec<Option<Vec<u8>>> = Vec::new();
            for recorded in &case.exchanges.exchanges {
                let config = (!recorded.config.is_empty()).then(|| recorded.config.clone());
                if configs.contains(&config) {
                    continue;
                }
                configs.push(config.clone());
                let mut name = case.key().replace(['/', '_'], "-");
                if configs.len() > 1 {
                    name = format!("{name}-{}", configs.len());
                }
                deployments.push(NamedDeployment { name, case: case.key(), config });
            }
        }
        deployments
    }

    /// The number of a deployment among [`Self::deployments`].
    #[must_use]
    pub fn index(deployments: &[NamedDeployment], wanted: &Deployment) -> Option<usize> {
        deployments
            .iter()
            .position(|named| named.case == wanted.guest && named.config == wanted.config)
    }

    /// Writes every guest below `folder`, for hosts that read files.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn guests(&self, folder: &Path) -> Result<Vec<GuestUnderTest>, hosts::Error> {
        let write = |case: &Case| {
            let path = folder.join(format!("{}.wasm", case.key().replace(['/', '_'], "-")));
            std::fs::write(&path, &case.wasm).map_err(failed("cannot write", &path))?;
            Ok(GuestUnderTest { name: case.key(), wasm: path, exchanges: case.exchanges.clone() })
        };
        self.cases.iter().map(write).collect()
    }
}

/// The embedded files, with `/` between the parts of their paths.
pub(super) fn embedded_files() -> Vec<(String, String)> {
    fn collect(folder: &Dir<'_>, files: &mut Vec<(String, String)>) {
        for entry in folder.entries() {
            match entry {
                DirEntry::Dir(folder) => collect(folder, files),
                DirEntry::File(file) => {
                    let parts: Vec<_> =
                        file.path().iter().map(|part| part.to_string_lossy()).collect();
                    let text = String::from_utf8_lossy(file.contents()).into_owned();
                    files.push((parts.join("/"), text));
                }
            }
        }
    }
    let mut files = Vec::new();
    collect(&FILES, &mut files);
    files
}
