//! `conformance`: tests a host with the conformance suite of the ABI.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;

use super::GlobalArgs;
use crate::conformance::command::CommandHost;
use crate::conformance::url::{Template, UrlHost};
use crate::conformance::{Deviations, Suite, export, run};
use crate::hosts::{self, Host, HostUnderTest};
use crate::http_probe::upstream::RecordingUpstream;
use crate::ui;

/// Where the upstream listens for a host that runs already.
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
    /// A host that runs already: http://HOST:PORT, which finds guests by the request's host, or a URL
    /// with {place} in its host or path, or with {index} in its port
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
    /// Name of the host in lists of deviations, for --url and --command
    #[arg(long = "as", value_name = "NAME", default_value = "host")]
    key: String,
    /// Seconds that the host may take for one exchange, and with --command until it prints its URL
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    timeout: Duration,
    /// List of known deviations of the host
    #[arg(long, value_name = "FILE")]
    deviations: Option<PathBuf>,
    /// Keep the host's configuration and logs
    #[arg(long)]
    keep: bool,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.001..=86_400.0).contains(seconds));
    seconds
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "wanted seconds, from 0.001 to 86400".to_owned())
}

/// Runs the command.
///
/// # Errors
/// When it could not be done.
pub fn run(args: &Args, global: &GlobalArgs) -> anyhow::Result<ExitCode> {
    let mut suite = Suite::embedded()?;
    if let Some(file) = &args.deviations {
        let own = Deviations::read(file)?;
        suite.check(&own).with_context(|| file.display().to_string())?;
        suite.deviations.extend(own);
    }
    let deployments = suite.deployments();
    let subjects: Vec<String> = suite.cases.iter().map(|case| case.subject.clone()).collect();
    let suite = suite.only(&args.only).map_err(|unknown| {
        let mut subjects = subjects;
        subjects.dedup();
        anyhow::anyhow!("no case `{unknown}`; the subjects are {}", subjects.join(", "))
    })?;
    if let Some(folder) = &args.export {
        let upstream = args.upstream_listen.to_string();
        let count = export::export(&suite, &deployments, folder, &upstream)?;
        let manifest = folder.join("manifest.json");
        let result = serde_json::json!({ "places": count, "manifest": manifest });
        global.print(&result, || {
            ui::out(format_args!("{count} places in {}", manifest.display()));
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    let host: Box<dyn HostUnderTest> = match (&args.url, &args.command, &args.host) {
        (Some(url), ..) => {
            let (template, key) = (Template::new(url)?, args.key.clone());
            Box::new(UrlHost { template, key, deployments })
        }
        (_, Some(words), _) => Box::new(CommandHost::new(words, &args.key, args.timeout)?),
        (.., Some(host)) => (host.install)(&global.project()?.target_dir.join("tools"))?,
        // The group of these arguments is required.
        (None, None, None) => anyhow::bail!("no host; give --host, --url or --command"),
    };
    test(args, global, &suite, &*host)
}

fn test(
    args: &Args,
    global: &GlobalArgs,
    suite: &Suite,
    host: &dyn HostUnderTest,
) -> anyhow::Result<ExitCode> {
    let folder = hosts::folder("conformance", args.keep)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(async {
        let upstream = match &args.url {
            Some(_) => RecordingUpstream::listen(args.upstream_listen).await?,
            None => RecordingUpstream::start().await?,
        };
        anyhow::Ok(run::run(suite, host, folder.path(), &upstream, args.timeout).await?)
    })?;
    global.print(&report, || {
        let details = report.details();
        details.iter().for_each(ui::out);
        if !details.is_empty() {
            ui::out("");
        }
        ui::out(report.table().trim_end());
    })?;
    if report.counts.run() == 0 {
        ui::warn("no exchange was run, so the result says nothing");
    }
    Ok(if report.counts.good() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
