//! Runs the suite on the reference host's engine, in this process: without HTTP, and with a record of
//! every host call.

use http_wasm_abi::{Features, Function, Phase};
use http_wasm_host::engine::{LoadError, Module, Options};
use http_wasm_model::Profile;
use http_wasm_model::exchange::{HostCall, InstanceSettings};
use http_wasm_testkit::recorded::{Mismatch, Recorded, compare};
use http_wasm_testkit::report::{ExchangeReport, Verdict};
use http_wasm_testkit::scenario::Session;

use super::report::{CaseReport, Report, judge};
use super::suite::Suite;

/// What `[exchange.skip]` calls the reference host.
const HOST: &str = crate::replay::HOST;

/// A call that some guest of the suite has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// Its case.
    pub case: String,
    /// What was called.
    pub function: Function,
    /// When.
    pub phase: Phase,
    /// Its first argument, as a reader sees it: the kind, for functions that have one.
    pub first: String,
    /// Whether the response was buffered.
    pub buffered: bool,
    /// Whether it trapped.
    pub trapped: bool,
}

/// Runs the suite with these settings, apart from the configurations, and returns the report and every
/// host call. The deviations of `host` are expected.
///
/// # Errors
/// When a guest cannot be loaded.
pub fn run(
    suite: &Suite,
    settings: &InstanceSettings,
    host: &str,
) -> Result<(Report, Vec<Called>), LoadError> {
    let profile = settings.settings.profile;
    let mut cases = Vec::new();
    let mut called = Vec::new();
    for case in &suite.cases {
        let module = Module::new(&case.wasm, Options { profile, ..Options::default() })?;
        // The Go host does; the others make a new instance.
        let mut session =
            Session::new(|| module.instance()).reuse_after_trap(profile == Profile::Go);
        let mut instances = 0;
        let mut play = |recorded: &Recorded| {
            if let Some(reason) = recorded.skip.get(HOST) {
                return Verdict::Skipped { reason: reason.clone() };
            }
            let outcome = session.run(&recorded.scenario(settings));
            if let Some(started) = session.started() {
                let mut log = CallLog { case: case.key(), buffered: false, called: &mut called };
                // What a start has called belongs to the first exchange of the instance.
                if session.instances() > instances {
                    log.add(&started.calls);
                }
                log.buffered = started.settings.features.contains(Features::BUFFER_RESPONSE);
                log.add(&outcome.calls);
            }
            instances = session.instances();
            let mismatches: Vec<Mismatch> = compare(&recorded.expect, &outcome)
                .into_iter()
                // Portability is what this suite is about.
                .filter(|found| !found.is_met())
                .collect();
            let known = suite.deviations.reason(host, &case.key(), &recorded.name);
            judge(mismatches, recorded.level, known)
        };
        let report = |recorded: &Recorded| ExchangeReport::new(recorded, play(recorded));
        let exchanges = case.exchanges.exchanges.iter().map(report).collect();
        let (subject, name) = (case.subject.clone(), case.name.clone());
        cases.push(CaseReport { subject, name, exchanges });
    }
    Ok((Report::of(host, cases), called))
}

struct CallLog<'a> {
    case: String,
    buffered: bool,
    called: &'a mut Vec<Called>,
}

impl CallLog<'_> {
    fn add(&mut self, calls: &[HostCall]) {
        for call in calls {
            self.called.push(Called {
                case: self.case.clone(),
                function: call.function,
                phase: call.phase,
                first: call.arguments.split(", ").next().unwrap_or_default().to_owned(),
                buffered: self.buffered,
                trapped: call.result.starts_with("trap: "),
            });
            let buffering = Features::BUFFER_RESPONSE.to_string();
            self.buffered |= call.function == Function::EnableFeatures
                && call.phase != Phase::Response
                && call.arguments.contains(&buffering);
        }
    }
}
