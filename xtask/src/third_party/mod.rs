//! Guests that other people have made, on the official Go host and on ours, side by side: the same
//! requests to both, the same upstream behind both, and everything compared that can be seen from
//! outside. What differs for a good reason is data in `known`.

mod compare;
mod configurations;
mod known_differences;
mod modules;
mod test_cases;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use http_wasm_abi::Phase;
use http_wasm_model::Profile;
use serde::Serialize;

use cargo_http_wasm::hosts::go::{self, GoHost};
use cargo_http_wasm::hosts::layer::{self, LayerHost};
use cargo_http_wasm::hosts::{Error, HostUnderTest, Place, RunningHost};
use cargo_http_wasm::http_probe::{client, upstream::Upstream};
use cargo_http_wasm::ui;

use compare::{Difference, Observed};
use configurations::Setup;
use known_differences::Known;
use modules::Peer;
use test_cases::Case;

/// What the Go host writes into the answer of a request whose hook trapped.
const STACK_TRACE: &str = "wasm stack trace:";

/// All guests.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Report {
    /// One for each guest, by name.
    pub(crate) guests: Vec<GuestReport>,
    /// Differences that were expected, with their reason, and how many there were.
    pub(crate) known: BTreeMap<&'static str, usize>,
    /// Differences that were expected and did not occur.
    pub(crate) stale: Vec<String>,
}

/// One guest.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct GuestReport {
    /// Its module and name.
    pub(crate) guest: String,
    /// How many exchanges were the same in all that was compared.
    pub(crate) same: usize,
    /// How many differed, and every difference has a reason that is known.
    pub(crate) known: usize,
    /// Those that differed otherwise.
    pub(crate) different: Vec<ExchangeReport>,
    /// Why it was not compared, if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) not_compared: Option<String>,
}

/// One exchange that differed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ExchangeReport {
    /// How the guest was set up; empty where there is one way only.
    pub(crate) setup: String,
    /// What was asked.
    pub(crate) exchange: String,
    /// What differed without a reason.
    pub(crate) differences: Vec<String>,
}

impl Report {
    /// Everything was compared, and nothing differed without a reason.
    #[must_use]
    pub(crate) fn good(&self) -> bool {
        let good = |guest: &GuestReport| guest.different.is_empty() && guest.not_compared.is_none();
        !self.guests.is_empty() && self.guests.iter().all(good) && self.stale.is_empty()
    }
}

impl GuestReport {
    /// How many exchanges were compared.
    #[must_use]
    pub(crate) fn compared(&self) -> usize {
        self.same + self.known + self.different.len()
    }
}

/// Runs the guests whose names have one of `wanted` in them, or all, on both hosts; ours with this
/// profile. `folder` is empty and is for the hosts.
///
/// Whether all that is known still occurs can only be told of all guests with the profile `go`.
///
/// # Errors
/// When the guests or the Go host cannot be had, or a host cannot be run.
pub(crate) async fn run(
    tools: &Path,
    folder: &Path,
    profile: Profile,
    wanted: &[String],
) -> Result<Report, Error> {
    let peers = modules::peers()?;
    let is_wanted = |peer: &Peer| {
        wanted.is_empty() || wanted.iter().any(|wanted| peer.name.contains(wanted.as_str()))
    };
    let peers: Vec<Peer> = peers.into_iter().filter(is_wanted).collect();
    let host = GoHost::install(tools)?;
    let mut bench = Bench::new(host, LayerHost::new(profile), folder).await?;
    ui::step("Comparing", format_args!("{} guests on {}", peers.len(), bench.describe()));
    let mut report = Report::default();
    for peer in &peers {
        report.guests.push(bench.compare(peer).await?);
    }
    for (known, count) in bench.occurred.iter().filter(|(_, count)| *count > 0) {
        *report.known.entry(known.reason).or_default() += count;
    }
    if wanted.is_empty() && profile == Profile::Go {
        report.stale = known_differences::stale(&bench.occurred);
    }
    Ok(report)
}

/// Both hosts, and the upstream behind them.
struct Bench<'a> {
    theirs: GoHost,
    ours: LayerHost,
    /// Behind theirs and behind ours: what comes late for one must not look as if it came for the
    /// other.
    upstreams: [Upstream; 2],
    folder: &'a Path,
    cases: Vec<Case>,
    /// How often each known difference has occurred.
    occurred: Vec<(&'static Known, usize)>,
    started: usize,
}

impl<'a> Bench<'a> {
    async fn new(theirs: GoHost, ours: LayerHost, folder: &'a Path) -> Result<Self, Error> {
        let upstreams = [Upstream::start().await?, Upstream::start().await?];
        let occurred = known_differences::ALL.iter().map(|known| (known, 0)).collect();
        let cases = test_cases::cases();
        for case in &cases {
            client::check(&case.request)?;
        }
        Ok(Self { theirs, ours, upstreams, folder, cases, occurred, started: 0 })
    }

    fn describe(&self) -> String {
        format!("{} and {}", self.theirs.describe(), self.ours.describe())
    }

    async fn compare(&mut self, peer: &Peer) -> Result<GuestReport, Error> {
        let mut report = GuestReport { guest: peer.name.clone(), ..GuestReport::default() };
        let failed = |source| Error::Io { what: "cannot read", path: peer.wasm.clone(), source };
        let wasm = fs::read(&peer.wasm).map_err(failed)?;
        match configurations::setups(&peer.name, &wasm) {
            Ok(setups) => {
                for setup in setups {
                    self.set_up(peer, &setup, &mut report).await?;
                }
            }
            Err(reason) => report.not_compared = Some(reason),
        }
        Ok(report)
    }

    async fn set_up(
        &mut self,
        peer: &Peer,
        setup: &Setup,
        report: &mut GuestReport,
    ) -> Result<(), Error> {
        let place = Place {
            guest: peer.name.clone(),
            wasm: peer.wasm.clone(),
            config: setup.config.clone().map(String::into_bytes),
            log: setup.log,
        };
        let folder = self.folder()?;
        let [behind_theirs, behind_ours] = [0, 1].map(|side: usize| self.upstreams[side].address());
        let theirs = self.theirs.start(std::slice::from_ref(&place), behind_theirs, &folder);
        let theirs = started(theirs.await)?;
        let ours = started(self.ours.start(&[place], behind_ours, &folder).await)?;
        let (mut theirs, mut ours) = match (theirs, ours) {
            (Ok(theirs), Ok(ours)) => (theirs, ours),
            (Err(_), Err(_)) => {
                report.same += 1;
                return Ok(());
            }
            (theirs, ours) => {
                let show =
                    |reason: Option<String>| reason.unwrap_or_else(|| "it starts".to_owned());
                let what = "start".to_owned();
                let (theirs, ours) = (show(theirs.err()), show(ours.err()));
                let difference = Difference { what, theirs, ours };
                let nothing = Observed::default();
                self.judge(report, setup, "start", vec![difference], (&nothing, &nothing));
                return Ok(());
            }
        };
        report.same += 1;
        for case in std::mem::take(&mut self.cases) {
            let theirs = self.observe_theirs(&mut theirs, &case).await;
            let ours = self.observe_ours(&mut ours, &case).await;
            let differences = compare::differences(&theirs, &ours);
            self.judge(report, setup, &case.name, differences, (&theirs, &ours));
            self.cases.push(case);
        }
        Ok(())
    }

    /// A new folder for a host.
    fn folder(&mut self) -> Result<PathBuf, Error> {
        self.started += 1;
        let folder = self.folder.join(self.started.to_string());
        let failed = |source| Error::Io { what: "cannot create", path: folder.clone(), source };
        fs::create_dir_all(&folder).map_err(failed)?;
        Ok(folder)
    }

    async fn observe_theirs(&self, host: &mut go::Running, case: &Case) -> Observed {
        let mut observed = observe(host, &self.upstreams[0], case).await;
        let answer = observed.answer().map(|answer| String::from_utf8_lossy(&answer.body));
        if answer.is_some_and(|body| body.contains(STACK_TRACE)) {
            observed.trap = Some(Phase::Request);
        } else if host.response_traps(0) > 0 {
            observed.trap = Some(Phase::Response);
        }
        observed
    }

    async fn observe_ours(&self, host: &mut layer::Running, case: &Case) -> Observed {
        let observed = observe(host, &self.upstreams[1], case).await;
        let (trap, why) = host.traps(0).pop().unzip();
        Observed { trap, why: why.unwrap_or_default(), ..observed }
    }

    /// Counts an exchange as what its differences make it.
    fn judge(
        &mut self,
        report: &mut GuestReport,
        setup: &Setup,
        case: &str,
        differences: Vec<Difference>,
        pair: (&Observed, &Observed),
    ) {
        let place = known_differences::Place { guest: &report.guest, case };
        let mut unknown = Vec::new();
        let any = !differences.is_empty();
        for difference in differences {
            let mut reasons = self.occurred.iter_mut();
            match reasons.find(|(known, _)| known.explains(&place, &difference, pair)) {
                Some((_, count)) => *count += 1,
                None => unknown.push(difference.to_string()),
            }
        }
        if !unknown.is_empty() {
            let (setup, exchange) = (setup.name.clone(), case.to_owned());
            report.different.push(ExchangeReport { setup, exchange, differences: unknown });
        } else if any {
            report.known += 1;
        } else {
            report.same += 1;
        }
    }
}

/// Plays an exchange; whether the guest trapped, the caller has to ask.
async fn observe(host: &mut impl RunningHost, upstream: &Upstream, case: &Case) -> Observed {
    match &case.upstream {
        test_cases::Upstream::Answers(answer) => upstream.expect((**answer).clone()),
        test_cases::Upstream::HangsUp => upstream.hang_up(),
    }
    let response = client::send(host.address(0), &case.request).await;
    let response = response.map_err(|error| error.to_string()).transpose();
    let logs = host.logs(0).await.unwrap_or_default();
    let seen = upstream.seen().into_iter().filter(|seen| seen.broken.is_none()).collect();
    Observed { response, seen, logs, ..Observed::default() }
}

/// A host that runs, or why it does not take the guest; that is not an error here.
fn started<R>(result: Result<R, Error>) -> Result<Result<R, String>, Error> {
    match result {
        Ok(running) => Ok(Ok(running)),
        Err(Error::Refused { reason, .. }) => Ok(Err(reason)),
        Err(error) => Err(error),
    }
}
