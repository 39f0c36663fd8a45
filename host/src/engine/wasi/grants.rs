//! What a guest that imports WASI is granted beyond what every one gets.

use std::io;
use std::path::PathBuf;

/// What a guest that imports WASI is granted beyond clocks, random numbers, and stdout and stderr,
/// which go to the log. Nothing unless changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// Environment variables: names and values.
    pub environment: Vec<(String, String)>,
    /// Folders that it can read, with all that is below them. It can write nowhere.
    pub folders: Vec<Folder>,
}

/// A folder that a guest can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Where it is for the guest, such as `/data`.
    pub guest: String,
    /// Where it is on this machine.
    pub host: PathBuf,
}

/// A variable of the environment cannot be granted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {name} is {reason}; set it to a text, or do not grant it")]
pub struct EnvironmentError {
    name: String,
    reason: &'static str,
}

impl Grants {
    /// Grants these variables of this process's environment.
    ///
    /// # Errors
    ///
    /// When one is not set, or no text.
    pub fn inherit<'a>(
        mut self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, EnvironmentError> {
        for name in names {
            let wrong = |reason| EnvironmentError { name: name.to_owned(), reason };
            let value = std::env::var(name).map_err(|error| match error {
                std::env::VarError::NotPresent => wrong("not set"),
                std::env::VarError::NotUnicode(_) => wrong("not UTF-8"),
            })?;
            self.environment.push((name.to_owned(), value));
        }
        Ok(self)
    }

    /// The same, with the folders opened, so that a guest starts with those of the beginning.
    pub(in crate::engine) fn open(&self) -> Result<Granted, (PathBuf, io::Error)> {
        let open = |folder: &Folder| {
            let opened =
                cap_std::fs::Dir::open_ambient_dir(&folder.host, cap_std::ambient_authority());
            opened
                .map(|opened| (folder.guest.clone(), opened))
                .map_err(|error| (folder.host.clone(), error))
        };
        let variables = self.environment.iter();
        Ok(Granted {
            environment: variables
                .map(|(name, value)| format!("{name}={value}\0").into_bytes())
                .collect(),
            folders: self.folders.iter().map(open).collect::<Result<_, _>>()?,
        })
    }
}

/// Grants that are ready to be used.
#[derive(Debug, Default)]
pub(in crate::engine) struct Granted {
    /// `NAME=value`, each ended by NUL.
    pub(super) environment: Vec<Vec<u8>>,
    /// What they are called, and the folders.
    pub(super) folders: Vec<(String, cap_std::fs::Dir)>,
}
