//! The hosts that rules know, and sets of them.

use std::fmt;

use serde::{Serialize, Serializer};

/// A host, in all versions that people run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[repr(u8)]
pub enum KnownHost {
    /// Traefik 3.
    Traefik,
    /// The sidecar of Dapr.
    Dapr,
    /// The official Go host, in programs of its users.
    Go,
    /// The Express host.
    Express,
}

impl KnownHost {
    const ALL: [Self; 4] = [Self::Traefik, Self::Dapr, Self::Go, Self::Express];

    /// Its name, as on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Traefik => "traefik",
            Self::Dapr => "dapr",
            Self::Go => "go",
            Self::Express => "express",
        }
    }
}

/// Some of the hosts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hosts(u8);

impl Hosts {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// These hosts.
    #[must_use]
    pub const fn of(hosts: &[KnownHost]) -> Self {
        let (mut set, mut index) = (0, 0);
        while index < hosts.len() {
            set |= 1 << hosts[index] as u8;
            index += 1;
        }
        Self(set)
    }

    /// Those in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a host is in both sets.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The names of these hosts.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        KnownHost::ALL
            .into_iter()
            .filter(move |host| self.intersects(Self::of(&[*host])))
            .map(KnownHost::name)
    }
}

impl fmt::Display for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().collect::<Vec<_>>().join(", "))
    }
}

impl Serialize for Hosts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_names_its_hosts() {
        let some = Hosts::of(&[KnownHost::Dapr]).union(Hosts::of(&[KnownHost::Traefik]));
        assert_eq!(some.to_string(), "traefik, dapr");
        assert!(some.intersects(Hosts::of(&[KnownHost::Dapr, KnownHost::Go])));
        assert!(
            !some.intersects(Hosts::of(&[KnownHost::Express])) && !some.intersects(Hosts::NONE)
        );
        assert_eq!(Hosts::of(&KnownHost::ALL).names().count(), KnownHost::ALL.len());
    }
}
