//! Holds a host against the suite, over HTTP.

use std::path::Path;

use super::report::Report;
use super::suite::{Error, Suite};
use crate::hosts::replay::{self, Subject};
use crate::hosts::{HostUnderTest, failed};
use crate::http_probe::upstream::Upstream;
use crate::ui;

/// How many guests a host is started with at once, where each is a process of its own.
pub const BATCH: usize = 24;

/// Plays the suite on a host with `upstream` behind it. The host is started anew for each batch of
/// so many guests; `folder` is for guests and for the host's own files.
///
/// What the host does wrong is in the report.
///
/// # Errors
/// When the host cannot be started.
pub async fn run<H: HostUnderTest>(
    suite: &Suite,
    host: &H,
    folder: &Path,
    upstream: &Upstream,
    batch: usize,
) -> Result<Report, Error> {
    let guests = folder.join("guests");
    let home = folder.join("host");
    for path in [&guests, &home] {
        std::fs::create_dir_all(path).map_err(failed("cannot create", path))?;
    }
    let subjects: Vec<Subject> = suite.subjects(&guests)?;
    ui::step("Playing", format_args!("{} cases on {}", suite.cases.len(), host.describe()));
    let mut replayed = Vec::new();
    for subjects in subjects.chunks(batch.max(1)) {
        replayed.extend(replay::replay_before(host, subjects, &home, upstream).await?);
    }
    Ok(Report::new(host.key(), suite, replayed))
}
