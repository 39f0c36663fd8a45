//! The list of known deviations: where hosts differ from what the suite expects.
//!
//! A listed exchange is run like the others and must fail: so a host that has been fixed is seen, and
//! the list stays true.

use std::path::{Path, PathBuf};

/// The list.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deviations {
    /// What is listed.
    #[serde(default)]
    deviation: Vec<Deviation>,
}

/// A way in which hosts differ.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deviation {
    /// The hosts, by the names that recorded exchanges use for them.
    pub hosts: Vec<String>,
    /// What they do, and why.
    pub reason: String,
    /// Where it shows: for each case, `SUBJECT/NAME`, the names of its exchanges.
    pub shows: std::collections::BTreeMap<String, Vec<String>>,
}

/// Why a list cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not in the format.
    #[error("{}: {source}", path.display())]
    Format {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// It names what the suite does not have.
    #[error("the list of deviations names {found}, which the suite does not have; {remedy}")]
    Unknown {
        /// What it names.
        found: String,
        /// What to do.
        remedy: &'static str,
    },
}

impl Deviations {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read or is not in the format.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| Error::Io { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// Reads a text; `path` is for messages.
    ///
    /// # Errors
    /// When it is not in the format.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        toml::from_str(text)
            .map_err(|source| Error::Format { path: path.to_owned(), source: Box::new(source) })
    }

    /// Adds what another list has.
    pub fn extend(&mut self, other: Self) {
        self.deviation.extend(other.deviation);
    }

    /// Why a host is known to fail this exchange, if it is.
    #[must_use]
    pub fn reason(&self, host: &str, case: &str, exchange: &str) -> Option<&str> {
        let shows = |deviation: &&Deviation| {
            deviation.hosts.iter().any(|known| known == host)
                && deviation.shown().any(|place| place == (case, exchange))
        };
        self.deviation.iter().find(shows).map(|deviation| deviation.reason.as_str())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Deviation> {
        self.deviation.iter()
    }
}

impl Deviation {
    /// Where it shows: pairs of a case, `SUBJECT/NAME`, and an exchange.
    pub fn shown(&self) -> impl Iterator<Item = (&str, &str)> {
        self.shows.iter().flat_map(|(case, exchanges)| {
            exchanges.iter().map(move |exchange| (case.as_str(), exchange.as_str()))
        })
    }
}
