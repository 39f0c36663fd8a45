//! Where the filters run: natively, and on the engine.

use http_wasm_model::exchange::{Exchange, LogEntry};
use http_wasm_model::guest::{Guest, Started};
use http_wasm_sdk::Handler;
use http_wasm_sdk::testing::{self, Outcome, Scenario, Session};

/// Runs exchanges with one instance of a filter, and with the next one where it traps.
pub(crate) trait Runner {
    /// Keeps an instance that has trapped, as the official Go host does.
    fn reuse_after_trap(self: Box<Self>) -> Box<dyn Runner>;

    /// Runs one exchange.
    fn run(&mut self, scenario: &Scenario) -> Outcome;

    /// Runs the request hook and cancels the exchange, as a host does whose client has gone; gives what
    /// was logged. The instance is that of an exchange before.
    fn cancel(&mut self, scenario: &Scenario) -> Vec<LogEntry>;

    /// What initialisation did.
    fn started(&self) -> &Started;
}

impl<G: Guest + 'static> Runner for Session<'static, G> {
    fn reuse_after_trap(self: Box<Self>) -> Box<dyn Runner> {
        Box::new(Session::reuse_after_trap(*self, true))
    }

    fn run(&mut self, scenario: &Scenario) -> Outcome {
        Session::run(self, scenario)
    }

    fn cancel(&mut self, scenario: &Scenario) -> Vec<LogEntry> {
        let (guest, settings) = self.guest().expect("an exchange was run before");
        let mut exchange = Exchange::for_request(settings.clone(), scenario.request.clone());
        guest.handle_request(&mut exchange).expect("it does not trap");
        exchange.logs().to_vec()
    }

    fn started(&self) -> &Started {
        Session::started(self).expect("an exchange was run before")
    }
}

/// Runs exchanges natively and on the engine, and compares what they come to.
struct Both {
    native: Box<dyn Runner>,
    engine: Box<dyn Runner>,
}

impl Runner for Both {
    fn reuse_after_trap(self: Box<Self>) -> Box<dyn Runner> {
        let Self { native, engine } = *self;
        Box::new(Self { native: native.reuse_after_trap(), engine: engine.reuse_after_trap() })
    }

    #[track_caller]
    fn run(&mut self, scenario: &Scenario) -> Outcome {
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

    fn cancel(&mut self, scenario: &Scenario) -> Vec<LogEntry> {
        let logs = self.engine.cancel(scenario);
        assert_eq!(logs, self.native.cancel(scenario));
        logs
    }

    fn started(&self) -> &Started {
        let (engine, native) = (self.engine.started(), self.native.started());
        assert_eq!((&engine.settings, &engine.calls), (&native.settings, &native.calls));
        engine
    }
}

/// Makes the runner of the filter `H`, whose guest has this name.
pub(crate) fn runner<H: Handler>(name: &str) -> Box<dyn Runner> {
    let native = Box::new(testing::session::<H>());
    match engine(name) {
        Some(engine) => Box::new(Both { native, engine }),
        None => native,
    }
}

#[cfg(miri)]
fn engine(_name: &str) -> Option<Box<dyn Runner>> {
    None
}

#[cfg(not(miri))]
fn engine(name: &str) -> Option<Box<dyn Runner>> {
    // A function that a host lacks is missed when it is called, as it is natively, and not when the
    // guest is loaded; that is tested by itself.
    let module = crate::built::GUESTS[name].module();
    Some(Box::new(Session::new(|| module.instance())))
}
