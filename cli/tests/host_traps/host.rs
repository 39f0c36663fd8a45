//! Where the filters run: on the engine, and natively beside it.

use http_wasm_host::engine::Instance;
use http_wasm_model::exchange::{Exchange, LogEntry};
use http_wasm_model::guest::{Guest, Started};
use http_wasm_sdk::Handler;
use http_wasm_sdk::testing::{self, Native, Outcome, Scenario, Session};

use crate::built::GUESTS;

/// An instance of a guest, and the next one where it traps; and the same natively.
pub(crate) struct Player<H: Handler> {
    engine: Session<'static, Instance>,
    native: Session<'static, Native<H>>,
}

impl<H: Handler> Player<H> {
    pub(crate) fn new(name: &str) -> Self {
        // A function that a host lacks is missed when it is called, as it is natively, and not when
        // the guest is loaded; that is tested by itself.
        let module = GUESTS[name].module();
        Self { engine: Session::new(|| module.instance()), native: testing::session() }
    }

    /// As the official Go host does.
    pub(crate) fn reuse_after_trap(self) -> Self {
        Self {
            engine: self.engine.reuse_after_trap(true),
            native: self.native.reuse_after_trap(true),
        }
    }

    #[track_caller]
    pub(crate) fn run(&mut self, scenario: &Scenario) -> Outcome {
        let (engine, native) = (self.engine.run(scenario), self.native.run(scenario));
        assert_eq!(
            (&engine.upstream, &engine.response, &engine.problems),
            (&native.upstream, &native.response, &native.problems),
            "on the engine, {engine}\nnatively, {native}"
        );
        let kind =
            |outcome: &Outcome| outcome.trap.as_ref().map(|trap| (trap.kind(), trap.function()));
        assert_eq!(kind(&engine), kind(&native), "on the engine, {engine}\nnatively, {native}");
        // A panic is logged by the guest's panic handler; natively, standard error has it.
        let is_panic = kind(&engine).is_some_and(|(_, function)| function.is_none());
        if !is_panic {
            assert_eq!((&engine.logs, &engine.calls), (&native.logs, &native.calls));
        }
        engine
    }

    /// Plays the request hook and gives the exchange up, as a host does whose client has gone. Gives
    /// what was logged. The instance is that of an exchange before.
    pub(crate) fn abandon(&mut self, scenario: &Scenario) -> Vec<LogEntry> {
        let logs = abandon(&mut self.engine, scenario);
        assert_eq!(logs, abandon(&mut self.native, scenario));
        logs
    }

    /// What initialisation did.
    pub(crate) fn started(&self) -> &Started {
        let (engine, native) = (self.engine.started().unwrap(), self.native.started().unwrap());
        assert_eq!((&engine.settings, &engine.calls), (&native.settings, &native.calls));
        engine
    }
}

fn abandon<G: Guest>(session: &mut Session<'_, G>, scenario: &Scenario) -> Vec<LogEntry> {
    let (guest, settings) = session.guest().expect("an exchange was played before");
    let mut exchange = Exchange::for_request(settings.clone(), scenario.request.clone());
    guest.handle_request(&mut exchange).expect("it does not trap");
    exchange.logs().to_vec()
}
