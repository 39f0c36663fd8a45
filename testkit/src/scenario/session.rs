//! Sessions: a series of exchanges that share instances of a guest, as on real hosts.

use std::fmt;
use std::sync::Arc;

use super::Scenario;
use http_wasm_model::exchange::{InstanceSettings, TestSettings};
use http_wasm_model::guest::{self, Guest, Started};

use crate::Outcome;

/// Runs scenarios one after the other, and keeps the instance of the guest between them.
///
/// A new instance is started after a trap, and when the settings of a scenario differ from those that
/// the instance was started with, in more than what clock and random numbers show.
pub struct Session<'a, G> {
    make: Box<dyn FnMut() -> G + 'a>,
    reuse_after_trap: bool,
    running: Option<Running<G>>,
    started: Option<Started>,
    instances: usize,
}

struct Running<G> {
    guest: G,
    /// What it was started with.
    asked: InstanceSettings,
    /// The same, with the features that it enabled.
    settings: Arc<InstanceSettings>,
}

impl<'a, G: Guest> Session<'a, G> {
    /// A session that makes its guests with `make`.
    pub fn new(make: impl FnMut() -> G + 'a) -> Self {
        Self {
            make: Box::new(make),
            reuse_after_trap: false,
            running: None,
            started: None,
            instances: 0,
        }
    }

    /// Keeps an instance that has trapped, as the official Go host does; off by default.
    #[must_use]
    pub const fn reuse_after_trap(mut self, reuse: bool) -> Self {
        self.reuse_after_trap = reuse;
        self
    }

    /// Runs a scenario. When the guest traps during its initialisation the outcome has that trap and
    /// nothing else: no host would load the guest.
    pub fn run(&mut self, scenario: &Scenario) -> Outcome {
        let asked = of_instance(scenario.settings.clone());
        let mut running = match self.running.take() {
            Some(running) if running.asked == asked => running,
            _ => match self.start(&scenario.settings, asked) {
                Ok(running) => running,
                Err(outcome) => return *outcome,
            },
        };
        let TestSettings { clock, random_seed, .. } = scenario.settings.test;
        let test = &running.settings.test;
        if (test.clock, test.random_seed) != (clock, random_seed) {
            let test = &mut Arc::make_mut(&mut running.settings).test;
            (test.clock, test.random_seed) = (clock, random_seed);
        }
        let running = self.running.insert(running);
        let outcome = scenario.run(&mut running.guest, &running.settings);
        if outcome.trap.is_some() && !self.reuse_after_trap {
            self.running = None;
        }
        outcome
    }

    fn start(
        &mut self,
        settings: &InstanceSettings,
        asked: InstanceSettings,
    ) -> Result<Running<G>, Box<Outcome>> {
        let mut guest = (self.make)();
        let started = self.started.insert(guest::start(&mut guest, settings.clone()));
        self.instances += 1;
        match &started.trap {
            None => Ok(Running { guest, asked, settings: Arc::clone(&started.settings) }),
            Some(trap) => Err(Box::new(Outcome {
                profile: asked.settings.profile,
                upstream: None,
                response: None,
                logs: started.logs.clone(),
                calls: started.calls.clone(),
                trap: Some(trap.clone()),
                problems: Vec::new(),
            })),
        }
    }

    /// The result of the initialisation of the last instance. Its host calls are not among those of the
    /// exchanges.
    #[must_use]
    pub const fn started(&self) -> Option<&Started> {
        self.started.as_ref()
    }

    /// The number of instances that were started.
    #[must_use]
    pub const fn instances(&self) -> usize {
        self.instances
    }

    /// The instance for the next exchange, if one is kept, and the settings for its exchanges: for a
    /// test that drives the hooks itself.
    pub fn guest(&mut self) -> Option<(&mut G, &Arc<InstanceSettings>)> {
        self.running.as_mut().map(|running| (&mut running.guest, &running.settings))
    }
}

/// The settings that an instance keeps: time goes on.
fn of_instance(mut settings: InstanceSettings) -> InstanceSettings {
    (settings.test.clock, settings.test.random_seed) = (None, None);
    settings
}

impl<G> fmt::Debug for Session<'_, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("reuse_after_trap", &self.reuse_after_trap)
            .field("instances", &self.instances)
            .field("started", &self.started)
            .finish_non_exhaustive()
    }
}
