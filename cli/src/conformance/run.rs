//! Runs the suite on a host, over HTTP.

use std::path::Path;

use super::report::Report;
use super::suite::{Error, Suite};
use crate::hosts::{HostUnderTest, failed, replay};
use crate::http_probe::upstream::RecordingUpstream;
use crate::ui;

/// Runs the suite on a host with `upstream` behind it. The host is started again for each batch of
/// guests; `folder` is for guests and for the host's own files.
///
/// Faults of the host are in the report.
///
/// # Errors
/// When the host cannot be started.
pub async fn run(
    suite: &Suite,
    host: &dyn HostUnderTest,
    folder: &Path,
    upstream: &RecordingUpstream,
) -> Result<Report, Error> {
    let guests = folder.join("guests");
    let home = folder.join("host");
    for path in [&guests, &home] {
        std::fs::create_dir_all(path).map_err(failed("cannot create", path))?;
    }
    let guests = suite.guests(&guests)?;
    ui::step("Running", format_args!("{} cases on {}", suite.cases.len(), host.describe()));
    let mut replayed = Vec::new();
    for guests in guests.chunks(host.batch()) {
        replayed.extend(replay::replay_with_upstream(host, guests, &home, upstream).await?);
    }
    Ok(Report::new(host.key(), suite, replayed))
}
