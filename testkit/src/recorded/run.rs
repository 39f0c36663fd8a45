//! Runs recorded exchanges with a guest.

use std::sync::Arc;

use super::{Mismatch, Recorded, compare};
use http_wasm_model::exchange::InstanceSettings;
use http_wasm_model::guest::{Guest, Started, describe_failed_start};

use crate::Outcome;
use crate::scenario::Session;

/// Runs one exchange with a guest that has been started; does not compare.
pub fn run(
    guest: &mut dyn Guest,
    settings: &Arc<InstanceSettings>,
    recorded: &Recorded,
) -> Outcome {
    recorded.scenario(settings).run(guest, settings)
}

/// The result of a recorded exchange.
#[derive(Clone, Debug)]
pub struct Report {
    /// The outcome; `None` if the guest could not be initialised.
    pub outcome: Option<Outcome>,
    /// How it differs from what was expected; empty if it does not.
    pub mismatches: Vec<Mismatch>,
}

impl Report {
    /// Whether everything was as expected, on this host and on others.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.mismatches.iter().all(|mismatch| mismatch.what == Mismatch::RECOMMENDATION)
    }
}

/// Runs recorded exchanges one after the other, in a [`Session`].
///
/// A guest is kept from one exchange to the next, as real hosts do, until one traps or the
/// configuration changes.
#[derive(Debug)]
pub struct Runner<'a, G> {
    settings: InstanceSettings,
    session: Session<'a, G>,
}

impl<'a, G: Guest> Runner<'a, G> {
    /// A runner that makes its guests with `make`. The configuration comes from the exchanges.
    pub fn new(settings: impl Into<InstanceSettings>, make: impl FnMut() -> G + 'a) -> Self {
        Self { settings: settings.into(), session: Session::new(make) }
    }

    /// Keeps a guest that has trapped, as the official Go host does; off by default.
    #[must_use]
    pub fn reuse_after_trap(mut self, reuse: bool) -> Self {
        self.session = self.session.reuse_after_trap(reuse);
        self
    }

    /// Runs an exchange and compares the outcome with what it expects.
    pub fn run(&mut self, recorded: &Recorded) -> Report {
        let outcome = self.session.run(&recorded.scenario(&self.settings));
        if let Some(Started { trap: Some(trap), logs, .. }) = self.session.started() {
            let mismatch = Mismatch {
                what: "initialisation".to_owned(),
                wanted: "no trap".to_owned(),
                found: describe_failed_start(trap, logs),
            };
            return Report { outcome: None, mismatches: vec![mismatch] };
        }
        let mismatches = compare(&recorded.expect, &outcome);
        Report { outcome: Some(outcome), mismatches }
    }
}
