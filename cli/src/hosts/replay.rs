//! Replays recorded exchanges on a running host, one after the other.

use std::path::{Path, PathBuf};
use std::time::Duration;

use http_wasm_abi::LogLevel;
use http_wasm_testkit::recorded::{Recorded, RecordedFile};
use http_wasm_testkit::report::{ExchangeReport, GuestReport, Verdict};

use super::driver::{Deployment, HostUnderTest, RunningHost};
use super::error::Error;
use super::http_replay::{self, Messages, Observation};
use crate::http_probe::client;
use crate::http_probe::upstream::RecordingUpstream;
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
    Run { deployment: usize, messages: Box<Messages> },
    Skip(String),
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
        let (name, wasm) = (guest.name.clone(), guest.wasm.clone());
        let wanted = Deployment { guest: name, wasm, config, log: LogLevel::Debug };
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
    run(host, guests, plan, folder, &RecordingUpstream::start().await?).await
}

/// Replays all exchanges with a running upstream. Like [`replay`], but prints nothing.
///
/// # Errors
/// When the host cannot be started.
pub async fn replay_with_upstream(
    host: &dyn HostUnderTest,
    guests: &[GuestUnderTest],
    folder: &Path,
    upstream: &RecordingUpstream,
) -> Result<Vec<GuestReport>, Error> {
    run(host, guests, Plan::new(host, guests), folder, upstream).await
}

async fn run(
    host: &dyn HostUnderTest,
    guests: &[GuestUnderTest],
    Plan { deployments, steps }: Plan,
    folder: &Path,
    upstream: &RecordingUpstream,
) -> Result<Vec<GuestReport>, Error> {
    let mut running = None;
    if !deployments.is_empty() {
        running = Some(host.start(&deployments, upstream.address(), folder).await?);
    }
    let mut reports = Vec::new();
    for (guest, steps) in guests.iter().zip(steps) {
        let mut exchanges = Vec::new();
        for (recorded, step) in guest.exchanges.exchanges.iter().zip(steps) {
            exchanges.push(match (step, &mut running) {
                (Step::Skip(reason), _) => {
                    ExchangeReport::new(recorded, Verdict::Skipped { reason })
                }
                (Step::Run { deployment, messages }, Some(running)) => {
                    exchange(&mut **running, upstream, deployment, *messages, recorded).await
                }
                (Step::Run { .. }, None) => unreachable!("a step that is run has a deployment"),
            });
        }
        let (name, file) = (guest.name.clone(), guest.exchanges.path.clone());
        reports.push(GuestReport::new(name, file, exchanges));
    }
    Ok(reports)
}

async fn exchange(
    running: &mut dyn RunningHost,
    upstream: &RecordingUpstream,
    deployment: usize,
    mut messages: Messages,
    recorded: &Recorded,
) -> ExchangeReport {
    if let Err(reason) = running.route(deployment, &mut messages.request) {
        return ExchangeReport::new(recorded, Verdict::Skipped { reason });
    }
    upstream.expect(messages.response);
    let response = client::send(running.address(deployment), &messages.request).await;
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
