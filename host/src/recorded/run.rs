//! Plays recorded exchanges with a guest.

use super::{Mismatch, Recorded, Upstream, compare};
use crate::exchange::{NextError, Settings};
use crate::guest::{self, Guest, Outcome};

/// Plays one exchange with a guest that has been started; does not compare.
pub fn play(guest: &mut dyn Guest, settings: &Settings, recorded: &Recorded) -> Outcome {
    let mut next = |_: &_| match &recorded.upstream {
        Upstream::Answers(response) => Ok(response.clone()),
        Upstream::Fails => Err(NextError("the recorded exchange says so".to_owned())),
    };
    guest::run(guest, settings, recorded.request.clone(), &mut next)
}

/// What became of a recorded exchange.
#[derive(Clone, Debug)]
pub struct Report {
    /// What came out; `None` where no guest could be made or initialised.
    pub outcome: Option<Outcome>,
    /// How it differs from what was expected; empty: it does not.
    pub mismatches: Vec<Mismatch>,
}

impl Report {
    /// Whether everything was as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.mismatches.is_empty()
    }
}

/// Plays recorded exchanges one after the other.
///
/// A guest is kept from one exchange to the next, as real hosts do, until one traps or the
/// configuration changes.
pub struct Runner<F, G> {
    make: F,
    settings: Settings,
    reuse_after_trap: bool,
    running: Option<(G, Settings)>,
}

impl<F, G, E> Runner<F, G>
where
    F: FnMut() -> Result<G, E>,
    G: Guest,
    E: std::fmt::Display,
{
    /// A runner that makes its guests with `make`. The configuration comes from the exchanges.
    pub const fn new(settings: Settings, make: F) -> Self {
        Self { make, settings, reuse_after_trap: false, running: None }
    }

    /// Keeps a guest that has trapped, as the official Go host does. Off unless asked for.
    #[must_use]
    pub fn reuse_after_trap(mut self, reuse: bool) -> Self {
        self.reuse_after_trap = reuse;
        self
    }

    /// Plays `recorded` and compares.
    pub fn play(&mut self, recorded: &Recorded) -> Report {
        if self.running.as_ref().is_some_and(|(_, settings)| settings.config != recorded.config) {
            self.running = None;
        }
        let running = match self.running.take() {
            Some(running) => Ok(running),
            None => self.start(&recorded.config),
        };
        let (mut guest, settings) = match running {
            Ok(running) => running,
            Err(mismatch) => return Report { outcome: None, mismatches: vec![mismatch] },
        };
        let outcome = play(&mut guest, &settings, recorded);
        let mismatches = compare(&recorded.expect, &outcome);
        if outcome.trap.is_none() || self.reuse_after_trap {
            self.running = Some((guest, settings));
        }
        Report { outcome: Some(outcome), mismatches }
    }

    fn start(&mut self, config: &[u8]) -> Result<(G, Settings), Mismatch> {
        let mut guest = (self.make)().map_err(|error| Mismatch {
            what: "instance".to_owned(),
            wanted: "a guest".to_owned(),
            found: error.to_string(),
        })?;
        let settings = Settings { config: config.to_vec(), ..self.settings.clone() };
        let started = guest::start(&mut guest, settings);
        match started.trap {
            None => Ok((guest, started.settings)),
            Some(trap) => Err(Mismatch {
                what: "initialisation".to_owned(),
                wanted: "no trap".to_owned(),
                found: trap.to_string(),
            }),
        }
    }
}
