//! `test`: the native tests, then every guest on the reference host.

use std::process::{Command, ExitCode};

use anyhow::Context as _;
use http_wasm_model::Profile;

use crate::build::{self, Builder};
use crate::project::{Filter, Project};
use crate::replay::{Counts, Guest, Report};
use crate::{process, ui};

/// Arguments of `test`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Filters [default: all, and every other package of the workspace natively]
    filters: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// When something could not be tried; a test that fails is no error but exit code 1.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let project = Project::locate(None)?;
    let filters = project.select(&args.filters)?;

    let native = native(&project, &args.filters)?;
    ui::step("Building", format_args!("{} guests", filters.len()));
    let options = build::Options::default();
    let mut builder = Builder::new(&project, &options)?;
    let mut lines = Vec::new();
    let mut details = Vec::new();
    let mut total = Counts::default();
    let mut broken = 0;
    for filter in filters {
        match on_reference_host(&mut builder, filter) {
            Ok((size, report)) => {
                let counts = report.as_ref().map(Report::counts);
                total += counts.unwrap_or_default();
                details.extend(report.iter().flat_map(Report::details));
                let counts = counts.map_or_else(|| "no exchanges.toml".into(), |c| c.to_string());
                lines.push((filter.name.as_str(), format!("{size:>7} bytes {counts}")));
            }
            Err(error) => {
                broken += 1;
                lines.push((filter.name.as_str(), "  broken".to_owned()));
                details.push(format!("broken: {}: {error:#}", filter.name));
            }
        }
    }

    println!("\nnative tests: {}", if native { "passed" } else { "FAILED, see above" });
    println!("recorded exchanges on the reference host:");
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, line) in &lines {
        println!("  {name:<width$} {line}");
    }
    for detail in &details {
        println!("\n{detail}");
    }
    Ok(if native && total.failed == 0 && broken == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// Runs `cargo test`; its output is the user's to read while it comes.
fn native(project: &Project, names: &[String]) -> anyhow::Result<bool> {
    let mut command: Command = process::cargo();
    command.current_dir(&project.root).args(["test", "--no-fail-fast"]);
    if names.is_empty() {
        command.arg("--workspace");
    }
    for name in names {
        command.args(["--package", name]);
    }
    let shown = process::shown(&command);
    ui::step("Testing", &shown);
    let status = command.status().with_context(|| format!("cannot start `{shown}`"))?;
    Ok(status.success())
}

fn on_reference_host(
    builder: &mut Builder<'_>,
    filter: &Filter,
) -> anyhow::Result<(u64, Option<Report>)> {
    let built = builder.build(filter)?;
    let report = match &filter.exchanges {
        Some(exchanges) => Some(Guest::load(&built.path, Profile::Strict)?.replay(exchanges)?),
        None => None,
    };
    Ok((built.sizes.last, report))
}
