//! Replays recorded exchanges on a host that runs, one after the other.

use std::path::{Path, PathBuf};
use std::time::Duration;

use http_wasm_abi::LogLevel;
use http_wasm_testkit::recorded::{Recorded, RecordedFile};
use serde::Serialize;

use super::http_replay::{self, Facts, Messages};
use super::{Error, HostUnderTest, Place, RunningHost};
use crate::http_probe::client;
use crate::http_probe::upstream::Upstream;
use crate::replay::Counts;
use crate::ui;

/// How long a request that a host has given up may take to arrive.
const SETTLE: Duration = Duration::from_millis(50);
/// How long the rest of a request may take that the upstream has begun to see.
const UNSETTLED: Duration = Duration::from_secs(1);

/// A guest and what was recorded for it.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The guest's name.
    pub name: String,
    /// The guest.
    pub wasm: PathBuf,
    /// The exchanges.
    pub exchanges: RecordedFile,
}

/// What became of an exchange; what differs is in words.
pub type Verdict = crate::replay::Verdict<String>;

/// One exchange, with a verdict of the kind `V`.
#[derive(Clone, Debug, Serialize)]
pub struct ExchangeReport<V = Verdict> {
    /// Its name.
    pub name: String,
    /// The line in its file where it begins.
    pub line: usize,
    /// What became of it.
    #[serde(flatten)]
    pub verdict: V,
    /// What was expected and could not be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_compared: Option<String>,
}

/// All exchanges of a guest.
#[derive(Clone, Debug, Serialize)]
pub struct SubjectReport {
    /// The guest's name.
    pub guest: String,
    /// Where its exchanges come from.
    pub file: PathBuf,
    /// The exchanges, in the order of the file.
    pub exchanges: Vec<ExchangeReport>,
}

impl<V> ExchangeReport<V> {
    /// Of this exchange, all of which could be compared.
    #[must_use]
    pub fn new(recorded: &Recorded, verdict: V) -> Self {
        let name = recorded.name.clone();
        Self { name, line: recorded.line, verdict, not_compared: None }
    }
}

impl SubjectReport {
    /// How many ended how.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.exchanges.iter().map(|exchange| &exchange.verdict).collect()
    }
}

/// What is to be done with an exchange.
#[derive(Debug)]
enum Step {
    Play { place: usize, messages: Box<Messages> },
    LeaveOut(String),
}

/// Every guest and configuration that is needed once, and what to do with each exchange.
fn plan<H: HostUnderTest>(host: &H, subjects: &[Subject]) -> (Vec<Place>, Vec<Vec<Step>>) {
    let mut places: Vec<Place> = Vec::new();
    let mut step = |subject: &Subject, recorded: &Recorded| {
        if let Some(reason) = recorded.skip.get(host.key()) {
            return Step::LeaveOut(reason.clone());
        }
        let config = (!recorded.config.is_empty()).then(|| recorded.config.clone());
        if let Some(reason) = host.refuses(config.as_deref()) {
            return Step::LeaveOut(reason);
        }
        let messages = match http_replay::messages(recorded) {
            Ok(messages) => Box::new(messages),
            Err(reason) => return Step::LeaveOut(reason),
        };
        let (guest, wasm) = (subject.name.clone(), subject.wasm.clone());
        let wanted = Place { guest, wasm, config, log: LogLevel::Debug };
        let place = places.iter().position(|place| *place == wanted).unwrap_or_else(|| {
            places.push(wanted);
            places.len() - 1
        });
        Step::Play { place, messages }
    };
    let steps = subjects
        .iter()
        .map(|subject| {
            subject.exchanges.exchanges.iter().map(|recorded| step(subject, recorded)).collect()
        })
        .collect();
    (places, steps)
}

/// Starts the host with all guests, replays everything, and stops it. `folder` is the host's own.
///
/// What a guest or a host does wrong is in the report.
///
/// # Errors
/// When the host cannot be started.
pub async fn replay<H: HostUnderTest>(
    host: &H,
    subjects: &[Subject],
    folder: &Path,
) -> Result<Vec<SubjectReport>, Error> {
    let plan = plan(host, subjects);
    if !plan.0.is_empty() {
        ui::step("Starting", host.describe());
    }
    carry_out(host, subjects, plan, folder, &Upstream::start().await?).await
}

/// The same with an upstream that is there already, and without a word.
///
/// # Errors
/// When the host cannot be started.
pub async fn replay_before<H: HostUnderTest>(
    host: &H,
    subjects: &[Subject],
    folder: &Path,
    upstream: &Upstream,
) -> Result<Vec<SubjectReport>, Error> {
    carry_out(host, subjects, plan(host, subjects), folder, upstream).await
}

async fn carry_out<H: HostUnderTest>(
    host: &H,
    subjects: &[Subject],
    (places, steps): (Vec<Place>, Vec<Vec<Step>>),
    folder: &Path,
    upstream: &Upstream,
) -> Result<Vec<SubjectReport>, Error> {
    let mut running = None;
    if !places.is_empty() {
        running = Some(host.start(&places, upstream.address(), folder).await?);
    }
    let mut reports = Vec::new();
    for (subject, steps) in subjects.iter().zip(steps) {
        let mut exchanges = Vec::new();
        for (recorded, step) in subject.exchanges.exchanges.iter().zip(steps) {
            exchanges.push(match (step, &mut running) {
                (Step::LeaveOut(reason), _) => {
                    ExchangeReport::new(recorded, Verdict::NotApplicable(reason))
                }
                (Step::Play { place, messages }, Some(running)) => {
                    play(running, upstream, place, *messages, recorded).await
                }
                (Step::Play { .. }, None) => unreachable!("a step that plays has a place"),
            });
        }
        let (guest, file) = (subject.name.clone(), subject.exchanges.path.clone());
        reports.push(SubjectReport { guest, file, exchanges });
    }
    Ok(reports)
}

async fn play<R: RunningHost>(
    running: &mut R,
    upstream: &Upstream,
    place: usize,
    mut messages: Messages,
    recorded: &Recorded,
) -> ExchangeReport {
    if let Err(reason) = running.direct(place, &mut messages.request) {
        return ExchangeReport::new(recorded, Verdict::NotApplicable(reason));
    }
    upstream.expect(messages.answer);
    let response = client::send(running.address(place), &messages.request).await;
    let logs = running.logs(place).await;
    // A host that cannot send a request on may say so before the upstream has seen what came of it.
    let gave_up = match &response {
        Ok(Some(response)) => response.status.is_server_error(),
        _ => true,
    };
    let late = gave_up && !recorded.expect.trap;
    upstream.settle(late, if late { SETTLE } else { UNSETTLED }).await;
    let not_compared = (logs.is_none() && recorded.expect.logs.is_some())
        .then(|| "logs: the host does not tell which belong to this exchange".to_owned());
    let facts = Facts { seen: upstream.seen(), response, logs };
    let differences = http_replay::differences(&recorded.expect, facts);
    let verdict = if differences.is_empty() {
        Verdict::Passed
    } else {
        Verdict::Failed(differences.iter().map(ToString::to_string).collect())
    };
    ExchangeReport { not_compared, ..ExchangeReport::new(recorded, verdict) }
}
