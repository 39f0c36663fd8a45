//! What holds for all exchanges of an instance.

use std::sync::Arc;
use std::time::Duration;

use http_wasm_abi::{Features, LogLevel};

use super::Limits;
use crate::profile::Profile;

/// How a host treats a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whose semantics apply.
    pub profile: Profile,
    /// What `get_config` reads.
    pub config: Vec<u8>,
    /// Messages below this level are not written. Debug, the lowest, unless changed.
    pub log_threshold: LogLevel,
    /// Whether host calls are kept as text, for [`Exchange::calls`](super::Exchange::calls). Off unless
    /// changed, because it takes time.
    pub record_calls: bool,
    /// How much is held for the guest.
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            config: Vec::new(),
            log_threshold: LogLevel::Debug,
            record_calls: false,
            limits: Limits::default(),
        }
    }
}

impl Settings {
    /// The default settings with this configuration.
    #[must_use]
    pub fn with_config(config: impl Into<Vec<u8>>) -> Self {
        Self { config: config.into(), ..Self::default() }
    }
}

/// Faults of a host, and what differs from one run to the next, for tests of guests. None by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestSettings {
    /// What `get_config` reads from its second call on in an exchange: one after the other, and then the
    /// last for ever, as on a host whose configuration is replaced between two calls. Empty:
    /// [`Settings::config`] at each call.
    pub later_configs: Vec<Vec<u8>>,
    /// The most bytes that each `read_body` gives, used in turn and from the start again; a 0 makes
    /// an empty read that is not the end. Empty: as many as there are.
    pub read_sizes: Vec<u32>,
    /// Features that this host does not have: they are not enabled.
    pub missing_features: Features,
    /// What the wall clock shows during an exchange, since 1970-01-01T00:00:00Z. `None`: the time that it
    /// is.
    pub clock: Option<Duration>,
    /// What the random numbers of an exchange are made of; those of two exchanges are the same. `None`: they
    /// always differ.
    pub random_seed: Option<u64>,
}

/// What holds for all exchanges of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstanceSettings {
    /// How the host treats the guest.
    pub settings: Settings,
    /// Faults of the host.
    pub test: TestSettings,
    /// What the guest enabled during initialisation.
    pub features: Features,
}

impl From<Settings> for InstanceSettings {
    fn from(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }
}

impl From<Settings> for Arc<InstanceSettings> {
    fn from(settings: Settings) -> Self {
        Self::new(settings.into())
    }
}
