//! Runs the suite on a host, over HTTP.

use std::path::Path;
use std::time::{Duration, Instant};

use http_wasm_testkit::report::{Counts, GuestReport};

use super::report::Report;
use super::suite::{Error, Suite};
use crate::hosts::{HostUnderTest, failed, replay};
use crate::http_probe::upstream::RecordingUpstream;
use crate::ui;

/// How often progress is shown.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(5);
/// With how many guests a host is started at most, so that it shows progress.
const MAX_BATCH: usize = 100;

/// Runs the suite on a host with `upstream` behind it. The host is started again for each batch of
/// guests; `folder` is for guests and for the host's own files. A host that does not respond within
/// `timeout` fails the exchange.
///
/// Faults of the host are in the report, as are guests that it refuses.
///
/// # Errors
/// When the host cannot be started.
pub async fn run(
    suite: &Suite,
    host: &dyn HostUnderTest,
    folder: &Path,
    upstream: &RecordingUpstream,
    timeout: Duration,
) -> Result<Report, Error> {
    let guests = folder.join("guests");
    std::fs::create_dir_all(&guests).map_err(failed("cannot create", &guests))?;
    let guests = suite.guests(&guests)?;
    ui::step("Running", format_args!("{} cases on {}", suite.cases.len(), host.describe()));
    let mut replayed: Vec<GuestReport> = Vec::new();
    let mut shown = Instant::now();
    for (number, batch) in guests.chunks(host.batch().min(MAX_BATCH)).enumerate() {
        let home = folder.join(format!("host{number}"));
        let done = |report| {
            replayed.push(report);
            if shown.elapsed() >= PROGRESS_INTERVAL {
                shown = Instant::now();
                let counts: Counts = replayed.iter().map(|report| report.counts).sum();
                let (done, all) = (replayed.len(), guests.len());
                let failed = counts.failed;
                ui::step(
                    "Ran",
                    format_args!("{done} of {all} cases; exchanges not as written: {failed}"),
                );
            }
        };
        replay::replay_each(host, batch, &home, upstream, timeout, done).await?;
    }
    Ok(Report::new(host.key(), suite, replayed))
}
