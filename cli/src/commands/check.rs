//! `check`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use serde::Serialize;

use super::{GlobalArgs, LimitArgs};
use crate::check::{Report, check};
use crate::ui;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Guests of any language, or names of filters that were built; all of the project when none is named
    #[arg(value_name = "FILE.wasm|FILTER")]
    guests: Vec<PathBuf>,
    #[command(flatten)]
    limits: LimitArgs,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Row<'a> {
    file: &'a Path,
    ok: bool,
    #[serde(flatten)]
    report: &'a Report,
}

/// Runs the command.
///
/// # Errors
/// When it could not be done.
pub fn run(args: &Args, global: &GlobalArgs) -> anyhow::Result<ExitCode> {
    let limits = args.limits.into();
    let mut reports = Vec::new();
    for file in files(&args.guests, global)? {
        let bytes = std::fs::read(&file)
            .with_context(|| format!("cannot read {}; `build` writes guests", file.display()))?;
        reports.push((file, check(&bytes, &limits)));
    }
    let rows: Vec<_> =
        reports.iter().map(|(file, report)| Row { file, ok: report.is_ok(), report }).collect();
    global.print(&rows, || {
        for (file, report) in &reports {
            ui::out(table(file, report).trim_end());
        }
    })?;
    let ok = reports.iter().all(|(_, report)| report.is_ok());
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// What is a file as it is given, and else the guest of a filter of this name.
fn files(guests: &[PathBuf], global: &GlobalArgs) -> anyhow::Result<Vec<PathBuf>> {
    let is_file = |path: &Path| path.extension().is_some() || path.components().count() > 1;
    if !guests.is_empty() && guests.iter().all(|path| is_file(path)) {
        return Ok(guests.to_vec());
    }
    let project = global.project()?;
    if guests.is_empty() {
        return Ok(project
            .select(&[])?
            .into_iter()
            .map(|filter| project.guest_path(filter))
            .collect());
    }
    let mut files = Vec::new();
    for path in guests {
        if is_file(path) {
            files.push(path.clone());
        } else {
            let name = path.display().to_string();
            files.extend(
                project.select(&[name])?.into_iter().map(|filter| project.guest_path(filter)),
            );
        }
    }
    Ok(files)
}

/// The verdict for a person.
#[must_use]
pub fn table(file: &Path, report: &Report) -> String {
    let verdict = if report.is_ok() { "ok" } else { "refused" };
    let pages = match report.pages {
        Some(1) => ", 1 page".to_owned(),
        Some(pages) => format!(", {pages} pages"),
        None => String::new(),
    };
    let mut text = format!("{}: {} bytes{pages}: {verdict}\n", file.display(), report.size);
    let rows = report
        .exports
        .iter()
        .map(|item| ("export", item))
        .chain(report.imports.iter().map(|item| ("import", item)));
    let width = rows.clone().map(|(_, item)| item.name.len()).max().unwrap_or(0);
    for (kind, item) in rows {
        text += &format!("  {kind}   {:width$}  {}\n", item.name, item.ty);
    }
    for (kind, findings) in [("problem", &report.problems), ("warning", &report.warnings)] {
        for finding in findings {
            text += &format!(
                "  {kind}  {}: {}\n           {}\n",
                finding.subject, finding.message, finding.remedy
            );
        }
    }
    text
}
