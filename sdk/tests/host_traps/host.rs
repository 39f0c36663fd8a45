//! Where the filters run: natively.

use http_wasm_sdk::Handler;
use http_wasm_sdk::testing::model::exchange::{Exchange, LogEntry};
use http_wasm_sdk::testing::model::guest::{Guest as _, Started};
use http_wasm_sdk::testing::{self, Native, Outcome, Scenario, Session};

/// An instance of a filter, and the next one where it traps.
pub(crate) struct Player<H: Handler>(Session<'static, Native<H>>);

impl<H: Handler> Player<H> {
    pub(crate) fn new(_name: &str) -> Self {
        Self(testing::session())
    }

    /// As the official Go host does.
    pub(crate) fn reuse_after_trap(self) -> Self {
        Self(self.0.reuse_after_trap(true))
    }

    #[track_caller]
    pub(crate) fn run(&mut self, scenario: &Scenario) -> Outcome {
        self.0.run(scenario)
    }

    /// Plays the request hook and gives the exchange up, as a host does whose client has gone. Gives
    /// what was logged. The instance is that of an exchange before.
    pub(crate) fn abandon(&mut self, scenario: &Scenario) -> Vec<LogEntry> {
        let (guest, settings) = self.0.guest().expect("an exchange was played before");
        let mut exchange = Exchange::for_request(settings.clone(), scenario.request.clone());
        guest.handle_request(&mut exchange).expect("it does not trap");
        exchange.logs().to_vec()
    }

    /// What initialisation did.
    pub(crate) fn started(&self) -> &Started {
        self.0.started().expect("an exchange was played before")
    }
}
