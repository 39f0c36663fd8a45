//! Compares the official Go host (theirs) with the reference host (ours) on third-party guests, and on
//! guests of other languages: both receive the same requests and have the same upstream, and everything
//! that can be observed from outside is compared. Differences for a good reason are listed in `known_differences`.

mod compare;
mod configurations;
mod known_differences;
mod languages;
mod modules;
mod test_cases;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use http_wasm_abi::Phase;
use http_wasm_host::engine::Options;
use http_wasm_model::Profile;
use http_wasm_testkit::recorded::{Mismatch, Surroundings};
use http_wasm_testkit::report::{Counts, Verdict};
use serde::Serialize;

use cargo_http_wasm::hosts::go::GoHost;
use cargo_http_wasm::hosts::layer::LayerHost;
use cargo_http_wasm::hosts::{Deployment, Error, HostUnderTest, RunningHost, failed};
use cargo_http_wasm::http_probe::{client, upstream::RecordingUpstream};
use cargo_http_wasm::ui;

use compare::Observation;
use configurations::Configuration;
use known_differences::KnownDifference;
use modules::ThirdPartyGuest;
use test_cases::Case;

/// What the Go host writes into the response to a request whose hook trapped, and to one whose hook ended
/// the guest.
const TRAPPED: [&str; 2] = [STACK_TRACE, "module closed with exit_code("];
const STACK_TRACE: &str = "wasm stack trace:";

/// The comparison of all guests.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Report {
    /// How many exchanges ended how.
    pub(crate) counts: Counts,
    /// The guests, sorted by name.
    pub(crate) guests: Vec<GuestReport>,
    /// How often each known difference occurred, by its reason.
    pub(crate) known: BTreeMap<&'static str, usize>,
    /// The known differences that did not occur.
    pub(crate) stale: Vec<String>,
}

/// The comparison of a guest.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct GuestReport {
    /// Its module and name.
    pub(crate) guest: String,
    /// How many exchanges ended how.
    pub(crate) counts: Counts,
    /// The exchanges that failed: those with a difference that is not known.
    pub(crate) failed: Vec<ExchangeReport>,
    /// Why the guest was not compared, if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) not_compared: Option<String>,
}

/// An exchange with a difference that is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ExchangeReport {
    /// The name of the exchange.
    pub(crate) name: String,
    /// The guest's configuration; empty where there is only one.
    pub(crate) configuration: String,
    /// How it differs: wanted is the Go host's part, found is ours.
    #[serde(flatten)]
    pub(crate) verdict: Verdict,
}

impl Report {
    /// Whether every guest was compared, and every difference is known and still occurs.
    #[must_use]
    pub(crate) fn good(&self) -> bool {
        let all = self.guests.iter().all(|guest| guest.not_compared.is_none());
        self.counts.good() && all && self.stale.is_empty()
    }

    fn add(&mut self, guest: GuestReport) {
        self.counts += guest.counts;
        self.guests.push(guest);
    }
}

impl GuestReport {
    fn new(guest: &str) -> Self {
        Self { guest: guest.to_owned(), ..Self::default() }
    }
}

/// Compares the guests whose names contain one of `wanted`, or all guests; our host runs with this
/// profile. `folder` is empty and is for the hosts.
///
/// Known differences are only checked for staleness with all guests and the profile `go`.
///
/// # Errors
/// When the guests or the Go host cannot be installed, or a host cannot be run.
pub(crate) async fn run(
    tools: &Path,
    folder: &Path,
    profile: Profile,
    wanted: &[String],
) -> Result<Report, Error> {
    let mut guests = languages::guests(tools)?;
    guests.extend(modules::guests()?);
    guests.retain(|guest| {
        wanted.is_empty() || wanted.iter().any(|wanted| guest.name.contains(wanted.as_str()))
    });
    let mut comparison = Comparison::new(tools, profile, folder).await?;
    ui::step("Comparing", format_args!("{} guests on {}", guests.len(), comparison.describe()));
    let mut report = Report::default();
    for guest in &guests {
        report.add(comparison.compare(guest).await?);
    }
    for (known, count) in comparison.occurred.iter().filter(|(_, count)| *count > 0) {
        *report.known.entry(known.reason).or_default() += count;
    }
    if wanted.is_empty() && profile == Profile::Go {
        report.stale = known_differences::stale(&comparison.occurred);
    }
    Ok(report)
}

/// Both hosts, and an upstream behind each.
struct Comparison<'a> {
    /// Theirs and ours, as they are.
    bare: (GoHost, LayerHost),
    /// Theirs and ours, both calling `_initialize`.
    initializing: (GoHost, LayerHost),
    /// Behind theirs and behind ours: a late request of one must not count for the other.
    upstreams: [RecordingUpstream; 2],
    folder: &'a Path,
    cases: Vec<Case>,
    /// How often each known difference has occurred.
    occurred: Vec<(&'static KnownDifference, usize)>,
    started: usize,
}

impl<'a> Comparison<'a> {
    async fn new(tools: &Path, profile: Profile, folder: &'a Path) -> Result<Self, Error> {
        let theirs = GoHost::install(tools)?;
        // Guests of some languages are large, and take long to compile.
        let cache = Some(tools.join("compiled"));
        let ours = |initialize: bool| {
            let calls_initialize = Some(initialize);
            LayerHost::new(Options {
                profile,
                calls_initialize,
                cache: cache.clone(),
                ..Options::default()
            })
        };
        let upstreams = [RecordingUpstream::start().await?, RecordingUpstream::start().await?];
        let occurred = known_differences::ALL.iter().map(|known| (known, 0)).collect();
        let cases = test_cases::cases();
        for case in &cases {
            client::check(&case.request)?;
        }
        let initializing = (theirs.clone().calling_initialize(), ours(true));
        let bare = (theirs, ours(false));
        Ok(Self { bare, initializing, upstreams, folder, cases, occurred, started: 0 })
    }

    fn describe(&self) -> String {
        let (theirs, ours) = &self.bare;
        format!("{} and {}", theirs.describe(), ours.describe())
    }

    async fn compare(&mut self, guest: &ThirdPartyGuest) -> Result<GuestReport, Error> {
        let mut report = GuestReport::new(&guest.name);
        let wasm = fs::read(&guest.wasm).map_err(failed("cannot read", &guest.wasm))?;
        match configurations::configurations(&guest.name, &wasm) {
            Ok(configurations) => {
                for configuration in configurations {
                    self.compare_with(guest, &configuration, &mut report).await?;
                }
            }
            Err(reason) => report.not_compared = Some(reason),
        }
        Ok(report)
    }

    async fn compare_with(
        &mut self,
        guest: &ThirdPartyGuest,
        configuration: &Configuration,
        report: &mut GuestReport,
    ) -> Result<(), Error> {
        let deployment = Deployment {
            guest: guest.name.clone(),
            wasm: guest.wasm.clone(),
            config: configuration.config.clone().map(String::into_bytes),
            surroundings: Surroundings::default(),
            log: configuration.log,
        };
        let folder = self.folder()?;
        let deployments = [deployment];
        let [behind_theirs, behind_ours] = [0, 1].map(|side: usize| self.upstreams[side].address());
        let hosts = if guest.initialize { &self.initializing } else { &self.bare };
        let theirs = started(hosts.0.start(&deployments, behind_theirs, &folder).await)?;
        let ours = started(hosts.1.start(&deployments, behind_ours, &folder).await)?;
        let (mut theirs, mut ours) = match (theirs, ours) {
            (Ok(theirs), Ok(ours)) => (theirs, ours),
            (Err(_), Err(_)) => {
                report.counts.add(&Verdict::Passed);
                return Ok(());
            }
            (theirs, ours) => {
                let show =
                    |reason: Option<String>| reason.unwrap_or_else(|| "it starts".to_owned());
                let (wanted, found) = (show(theirs.err()), show(ours.err()));
                let mismatch = Mismatch { what: "start".to_owned(), wanted, found };
                let nothing = Observation::default();
                self.judge(report, configuration, "start", vec![mismatch], (&nothing, &nothing));
                return Ok(());
            }
        };
        report.counts.add(&Verdict::Passed);
        for case in std::mem::take(&mut self.cases) {
            let theirs = self.observe_theirs(&mut *theirs, &case).await;
            let ours = self.observe_ours(&mut *ours, &case).await;
            let mismatches = compare::differences(&theirs, &ours);
            self.judge(report, configuration, &case.name, mismatches, (&theirs, &ours));
            self.cases.push(case);
        }
        Ok(())
    }

    /// A new folder for a host.
    fn folder(&mut self) -> Result<PathBuf, Error> {
        self.started += 1;
        let folder = self.folder.join(self.started.to_string());
        fs::create_dir_all(&folder).map_err(failed("cannot create", &folder))?;
        Ok(folder)
    }

    async fn observe_theirs(&self, host: &mut dyn RunningHost, case: &Case) -> Observation {
        let mut observation = observe(host, &self.upstreams[0], case).await;
        let response = observation.response().map(|it| String::from_utf8_lossy(&it.body));
        if response.is_some_and(|body| TRAPPED.iter().any(|text| body.contains(text))) {
            observation.trap = Some(Phase::Request);
        } else {
            observation.trap = host.traps(0).pop().map(|(phase, _)| phase);
        }
        observation
    }

    async fn observe_ours(&self, host: &mut dyn RunningHost, case: &Case) -> Observation {
        let observation = observe(host, &self.upstreams[1], case).await;
        let (trap, why) = host.traps(0).pop().unzip();
        Observation { trap, why: why.unwrap_or_default(), ..observation }
    }

    /// Reports an exchange: passed without differences, known when all of them are, else failed.
    fn judge(
        &mut self,
        report: &mut GuestReport,
        configuration: &Configuration,
        case: &str,
        found: Vec<Mismatch>,
        pair: (&Observation, &Observation),
    ) {
        let context = known_differences::Context { guest: &report.guest, case };
        let mut reason = None;
        let mut mismatches = Vec::new();
        for mismatch in found {
            let mut known = self.occurred.iter_mut();
            match known.find(|(known, _)| known.explains(&context, &mismatch, pair)) {
                Some((known, count)) => {
                    *count += 1;
                    reason = Some(known.reason.to_owned());
                }
                None => mismatches.push(mismatch),
            }
        }
        let verdict = match reason {
            Some(reason) if mismatches.is_empty() => Verdict::Known { reason, mismatches },
            _ => Verdict::of(mismatches),
        };
        report.counts.add(&verdict);
        if matches!(verdict, Verdict::Failed { .. }) {
            let (name, configuration) = (case.to_owned(), configuration.name.clone());
            report.failed.push(ExchangeReport { name, configuration, verdict });
        }
    }
}

/// Runs an exchange on a host; the caller adds whether the guest trapped.
async fn observe(
    host: &mut dyn RunningHost,
    upstream: &RecordingUpstream,
    case: &Case,
) -> Observation {
    match &case.upstream {
        test_cases::Upstream::Responds(response) => upstream.expect((**response).clone()),
        test_cases::Upstream::HangsUp => upstream.hang_up(),
    }
    let response = client::send(host.address(0), &case.request).await;
    let response = response.map_err(|error| error.to_string()).transpose();
    let logs = host.logs(0).await.unwrap_or_default();
    let seen = upstream.seen().into_iter().filter(|seen| seen.broken.is_none()).collect();
    Observation { response, seen, logs, ..Observation::default() }
}

/// The running host, or the reason why it rejects the guest; that is not an error here.
fn started<R>(result: Result<R, Error>) -> Result<Result<R, String>, Error> {
    match result {
        Ok(running) => Ok(Ok(running)),
        Err(Error::Rejected { reason, .. }) => Ok(Err(reason)),
        Err(error) => Err(error),
    }
}
