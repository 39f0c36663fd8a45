//! Replays recorded exchanges on a running host, one after the other.

use std::path::{Path, PathBuf};
use std::time::Duration;

use http_wasm_abi::LogLevel;
use http_wasm_testkit::recorded::{Mismatch, Recorded, RecordedFile};
use http_wasm_testkit::report::{ExchangeReport, GuestReport, Verdict};

use super::driver::{Deployment, HostUnderTest, RunningHost};
use super::error::{Error, failed};
use super::http_replay::{self, Messages, Observation};
use crate::http_probe::upstream::RecordingUpstream;
use crate::http_probe::{self, client};
use crate::ui;

/// How long a request may take to arrive that a host has cancelled.
const CANCELLED_TIMEOUT: Duration = Duration::from_millis(50);
/// How long the rest of a request may take that the upstream has begun to receive.
const ARRIVAL_TIMEOUT: Duration = Duration::from_secs(1);

/// A guest and what was recorded for it.
#[derive(Clone, Debug)]
pub struct GuestUnderTest {
    /// The guest's name.
    pub name: String,
    /// The guest's file.
    pub wasm: PathBuf,
    /// The exchanges.
    pub exchanges: RecordedFile,
}

/// What is done with an exchange.
#[derive(Debug)]
enum Step {
    Run {
        deployment: usize,
        messages: Box<Messages>,
    },
    Skip(String),
    /// The host refuses the guest.
    Refused(String),
}

/// What a host has to be started with, and a step for each exchange of each guest.
#[derive(Debug, Default)]
struct Plan {
    deployments: Vec<Deployment>,
    steps: Vec<Vec<Step>>,
}

impl Plan {
    fn new(host: &dyn HostUnderTest, guests: &[GuestUnderTest]) -> Self {
        let mut plan = Self::default();
        for guest in guests {
            let exchanges = &guest.exchanges.exchanges;
            let steps = exchanges.iter().map(|recorded| plan.step(host, guest, recorded)).collect();
            plan.steps.push(steps);
        }
        plan
    }

    fn has(&self, guest: &str) -> bool {
        self.deployments.iter().any(|deployment| deployment.guest == guest)
    }

    /// The plan without the deployments of a guest that the host refuses.
    fn without(self, guests: &[GuestUnderTest], refused: &str, reason: &str) -> Self {
        let mut plan = Self::default();
        let mut kept = Vec::new();
        for deployment in self.deployments {
            let is_kept = deployment.guest != refused;
            kept.push(is_kept.then_some(plan.deployments.len()));
            plan.deployments.extend(is_kept.then_some(deployment));
        }
        for (guest, steps) in guests.iter().zip(self.steps) {
            let step = |step| match step {
                Step::Run { .. } if guest.name == refused => Step::Refused(reason.to_owned()),
                Step::Run { deployment, messages } => match kept[deployment] {
                    Some(deployment) => Step::Run { deployment, messages },
                    None => Step::Refused(reason.to_owned()),
                },
                other => other,
            };
            plan.steps.push(steps.into_iter().map(step).collect());
        }
        plan
    }

    fn step(
        &mut self,
        host: &dyn HostUnderTest,
        guest: &GuestUnderTest,
        recorded: &Recorded,
    ) -> Step {
        if let Some(reason) = recorded.skip.get(host.key()) {
            return Step::Skip(reason.clone());
        }
        let config = (!recorded.config.is_empty()).then(|| recorded.config.clone());
        if let Some(reason) = host.refuses(config.as_deref()) {
            return Step::Skip(reason);
        }
        let messages = match http_replay::messages(recorded) {
            Ok(messages) => Box::new(messages),
            Err(reason) => return Step::Skip(reason),
        };
        let surroundings = guest.exchanges.surroundings.clone();
        if !surroundings.is_empty() && !host.gives_surroundings() {
            let reason =
                format!("its `env` and `dirs` cannot be given to guests on {}", host.key());
            return Step::Skip(reason);
        }
        let (name, wasm) = (guest.name.clone(), guest.wasm.clone());
        let wanted = Deployment { guest: name, wasm, config, surroundings, log: LogLevel::Debug };
        let known = self.deployments.iter().position(|deployment| *deployment == wanted);
        let deployment = known.unwrap_or_else(|| {
            self.deployments.push(wanted);
            self.deployments.len() - 1
        });
        Step::Run { deployment, messages }
    }
}

/// Starts the host with all guests and an upstream, replays all exchanges, and stops both. `folder`
/// belongs to the host.
///
/// Faults of a guest or a host are in the report.
///
/// # Errors
/// When the host cannot be started.
pub async fn replay(
    host: &dyn HostUnderTest,
    guests: &[GuestUnderTest],
    folder: &Path,
) -> Result<Vec<GuestReport>, Error> {
    let plan = Plan::new(host, guests);
    if !plan.deployments.is_empty() {
        ui::step("Starting", host.describe());
    }
    let upstream = RecordingUpstream::start().await?;
    let mut running = None;
    if !plan.deployments.is_empty() {
        running = Some(host.start(&plan.deployments, upstream.address(), folder).await?);
    }
    let mut reports = Vec::new();
    let mut done = |report| reports.push(report);
    run(running, guests, plan.steps, &upstream, client::TIMEOUT, &mut done).await;
    Ok(reports)
}

/// Replays all exchanges with a running upstream. Like [`replay`], but a guest that the host refuses
/// fails, and `done` gets each report as soon as it is complete. A host that does not respond within
/// `timeout` is reported at once.
///
/// # Errors
/// When the host cannot be started, whatever the guests.
pub async fn replay_each(
    host: &dyn HostUnderTest,
    guests: &[GuestUnderTest],
    folder: &Path,
    upstream: &RecordingUpstream,
    timeout: Duration,
    mut done: impl FnMut(GuestReport),
) -> Result<(), Error> {
    let mut plan = Plan::new(host, guests);
    let mut attempt = 0;
    let running = loop {
        if plan.deployments.is_empty() {
            break None;
        }
        attempt += 1;
        let folder = folder.join(attempt.to_string());
        std::fs::create_dir_all(&folder).map_err(failed("cannot create", &folder))?;
        match host.start(&plan.deployments, upstream.address(), &folder).await {
            Ok(running) => break Some(running),
            // The other guests are run without it.
            Err(Error::Rejected { guest, reason }) if plan.has(&guest) => {
                plan = plan.without(guests, &guest, &reason);
            }
            Err(error) => return Err(error),
        }
    };
    run(running, guests, plan.steps, upstream, timeout, &mut done).await;
    Ok(())
}

/// Runs the steps of each guest, on a host that is there if any of them needs it.
async fn run(
    mut running: Option<Box<dyn RunningHost>>,
    guests: &[GuestUnderTest],
    steps: Vec<Vec<Step>>,
    upstream: &RecordingUpstream,
    timeout: Duration,
    done: &mut dyn FnMut(GuestReport),
) {
    for (guest, steps) in guests.iter().zip(steps) {
        let mut exchanges = Vec::new();
        for (recorded, step) in guest.exchanges.exchanges.iter().zip(steps) {
            exchanges.push(match (step, &mut running) {
                (Step::Skip(reason), _) => {
                    ExchangeReport::new(recorded, Verdict::Skipped { reason })
                }
                (Step::Refused(reason), _) => refused(recorded, reason),
                (Step::Run { deployment, messages }, Some(running)) => {
                    if let Some(reason) = running.refused(deployment) {
                        refused(recorded, reason.to_owned())
                    } else {
                        let place = format!("{}: {}", guest.name, recorded.name);
                        let run = (deployment, *messages);
                        exchange(&mut **running, upstream, run, timeout, recorded, &place).await
                    }
                }
                (Step::Run { .. }, None) => unreachable!("a step that is run has a deployment"),
            });
        }
        let (name, file) = (guest.name.clone(), guest.exchanges.path.clone());
        done(GuestReport::new(name, file, exchanges));
    }
}

/// The report of an exchange whose guest the host does not run.
fn refused(recorded: &Recorded, found: String) -> ExchangeReport {
    let (what, wanted) = ("guest".to_owned(), "that the host runs it".to_owned());
    ExchangeReport::new(recorded, Verdict::of(vec![Mismatch { what, wanted, found }]))
}

async fn exchange(
    running: &mut dyn RunningHost,
    upstream: &RecordingUpstream,
    (deployment, mut messages): (usize, Messages),
    timeout: Duration,
    recorded: &Recorded,
    place: &str,
) -> ExchangeReport {
    if let Err(reason) = running.route(deployment, &mut messages.request) {
        return ExchangeReport::new(recorded, Verdict::Skipped { reason });
    }
    upstream.expect(messages.response);
    let address = running.address(deployment);
    let response = client::send_within(timeout, address, &messages.request).await;
    if let Err(error @ http_probe::Error::Timeout(_)) = &response {
        ui::warn(format_args!("{place}: {error}"));
    }
    let logs = running.logs(deployment).await;
    // A host that cannot forward a request may respond before the upstream has received all of it.
    let cancelled = match &response {
        Ok(Some(response)) => response.status.is_server_error(),
        _ => true,
    };
    let late = cancelled && !recorded.expect.trap;
    upstream.settle(late, if late { CANCELLED_TIMEOUT } else { ARRIVAL_TIMEOUT }).await;
    let not_compared = (logs.is_none() && recorded.expect.logs.is_some())
        .then(|| "logs: the host does not report which belong to this exchange".to_owned());
    let observation = Observation { seen: upstream.seen(), response, logs };
    let verdict = Verdict::of(http_replay::differences(&recorded.expect, observation));
    ExchangeReport { not_compared, ..ExchangeReport::new(recorded, verdict) }
}
