//! `bench`: measures the cost of guests.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;

use crate::bench::go::GoBench;
use crate::bench::growth::{self, Growth};
use crate::bench::guests::{self, Guest};
use crate::bench::load::{self, Loaded};
use crate::bench::requests::{self, Comparison, Median, Requests};
use crate::bench::soak::{self, Soak};
use crate::bench::start::{self, Measured, Start};
use crate::bench::{Effort, Programs, Spread};
use cargo_http_wasm::build::{Builder, Options};
use cargo_http_wasm::cleanup::TempFolder;
use cargo_http_wasm::commands::GlobalArgs;
use cargo_http_wasm::ui;

/// Arguments of `bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to measure; everything when nothing is named
    #[arg(value_name = "PART")]
    parts: Vec<Part>,
    /// Measure for a minute instead of several: enough to see large regressions
    #[arg(long)]
    quick: bool,
    /// Fail when a guest adds half of what it adds on the Go host or more, the median of all guests is not
    /// below a third, a cost is not linear, or an instance starts slowly or keeps much memory
    #[arg(long)]
    check: bool,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// What 1, 2 and 4 guests cost per request, ours and the official Go host in turn
    Requests,
    /// Whether cost grows as bodies and chains do
    Growth,
    /// Servers under load over TCP, ours and the official Go host in turn
    Load,
    /// The start of an instance, and the memory of an idle one
    Start,
    /// Whether memory grows over ten million requests
    Soak,
}

/// The results of the parts that were measured.
#[derive(Debug, Serialize)]
struct Report {
    /// The processor that everything was pinned to.
    cpu: Option<usize>,
    /// The version of the official Go host.
    #[serde(skip_serializing_if = "Option::is_none")]
    go: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<Requests>,
    #[serde(skip_serializing_if = "Option::is_none")]
    growth: Option<Vec<Growth>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    load: Option<Vec<Loaded>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<Vec<Start>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    soak: Option<Soak>,
}

/// Runs the command.
///
/// # Errors
/// When it could not be done.
pub(crate) fn run(args: &Args, global: &GlobalArgs) -> anyhow::Result<ExitCode> {
    let wanted = |part| args.parts.is_empty() || args.parts.contains(&part);
    let project = global.project()?;
    let filters = project
        .select(&guests::EXAMPLES.map(str::to_owned))
        .context("`bench` is for the repository of this tool, whose examples it measures")?;
    let options = Options::default();
    let mut builder = Builder::new(&project, &options)?;
    let mut all = Vec::new();
    for filter in filters {
        all.push(Guest { name: filter.name.clone(), wasm: builder.build(filter)?.path });
    }
    let mut sized = all.clone();
    let others = project.filters.iter().filter(|filter| guests::is_sized(&filter.name));
    for filter in others.filter(|_| wanted(Part::Start)) {
        if all.iter().all(|guest| guest.name != filter.name) {
            sized.push(Guest { name: filter.name.clone(), wasm: builder.build(filter)?.path });
        }
    }
    let header = all.iter().find(|guest| guest.name == "header").context("no filter `header`")?;
    let header = header.clone();
    let folder = TempFolder::new("http-wasm-xtask-").context("cannot create a temporary folder")?;
    all.extend(guests::assemble(folder.path())?);
    let go = (wanted(Part::Requests) || wanted(Part::Load))
        .then(|| GoBench::install(&project.target_dir.join("tools")))
        .transpose()?;
    ui::step("Building", "the benchmark programs, optimised; this takes minutes the first time");
    let programs = Programs::build(&project.root)?;
    match programs.cpu() {
        Some(cpu) => ui::step("Measuring", format_args!("on processor {cpu}")),
        None => ui::warn(
            "`taskset` is missing, so nothing is pinned to a processor and times vary more; \
             on Linux it is in util-linux",
        ),
    }

    let effort = if args.quick { Effort::QUICK } else { Effort::FULL };
    let mut report = Report {
        cpu: programs.cpu(),
        go: go.as_ref().map(GoBench::version),
        requests: None,
        growth: None,
        load: None,
        start: None,
        soak: None,
    };
    if let Some(go) = go.as_ref().filter(|_| wanted(Part::Requests)) {
        ui::step("Measuring", "requests");
        report.requests = Some(requests::compare(&programs, go, &all, effort)?);
    }
    if wanted(Part::Growth) {
        ui::step("Measuring", "growth");
        let mut growth = growth::bodies(&programs, effort)?;
        growth.push(growth::chains(&programs, &header.wasm, effort)?);
        report.growth = Some(growth);
    }
    if let Some(go) = go.as_ref().filter(|_| wanted(Part::Load)) {
        ui::step("Measuring", "servers under load");
        let mut loaded = vec![header.clone()];
        loaded.extend(guests::assemble_loaded(folder.path())?);
        report.load = Some(load::load(&programs, go, &loaded, effort)?);
    }
    if wanted(Part::Start) {
        ui::step("Measuring", "the start of instances");
        report.start = Some(start::start(&programs, &sized)?);
    }
    if wanted(Part::Soak) {
        ui::step("Measuring", format_args!("memory over {} requests", effort.soak));
        report.soak = Some(soak::soak(&programs, &header.wasm, effort)?);
    }
    global.print(&report, || print(&report))?;
    Ok(if report.good(args.check) { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

impl Report {
    /// A leak is always bad; times are when they were asked to be good.
    fn good(&self, check: bool) -> bool {
        let kept = self.soak.is_none_or(|soak| soak.good);
        let met = self.requests.as_ref().is_none_or(Requests::met);
        let linear = self.growth.iter().flatten().all(|growth| growth.linear);
        let started = self.start.iter().flatten().all(|start| start.good);
        kept && (!check || met && linear && started)
    }
}

fn print(report: &Report) {
    if let Some(requests) = &report.requests {
        print_requests(requests, report.go.unwrap_or_default());
    }
    for growth in report.growth.iter().flatten() {
        print_growth(growth);
    }
    if let Some(loads) = &report.load {
        print_loads(loads);
    }
    if let Some(starts) = &report.start {
        print_starts(starts);
    }
    if let Some(Soak { early, late, good }) = report.soak {
        ui::out(format_args!(
            "resident memory: {} KiB after {} requests, {} KiB after {}: {}\n",
            early.resident_kib,
            early.requests,
            late.resident_kib,
            late.requests,
            if good { "does not grow" } else { "GROWS" },
        ));
    }
}

fn print_requests(requests: &Requests, go: &str) {
    ui::out(format_args!(
        "what guests add per request, ns: median (minimum) of rounds; Go is http-wasm-host-go {go}\n"
    ));
    ui::out(format_args!(
        "{:<24} {:>6} {:>15} {:>15}   {:<15}",
        "guest", "guests", "ours", "Go", "ours / Go"
    ));
    let cell = |spread: &Spread| format!("{:.0} ({:.0})", spread.median, spread.minimum);
    for Comparison { guest, guests, ours, go, ratio, met } in &requests.comparisons {
        ui::out(format_args!(
            "{guest:<24} {guests:>6} {:>15} {:>15}   {:.3} ({:.3}){}",
            cell(&ours.overhead),
            cell(&go.overhead),
            ratio.median,
            ratio.minimum,
            if *met { "" } else { "  NOT met" },
        ));
    }
    ui::out("");
    for Median { guests, ratio, met } in &requests.medians {
        ui::out(format_args!(
            "chains of {guests}: {ratio:.3} of Go's overhead in the median of all guests: {}",
            if *met { "met" } else { "NOT met" }
        ));
    }
    ui::out(format_args!(
        "goals: below {:.3} for every guest, below {:.3} in the median\n",
        requests::GOAL,
        requests::MEDIAN_GOAL
    ));
}

fn print_starts(starts: &[Start]) {
    ui::out(format_args!(
        "{:<24} {:>10} {:>16} {:>14}",
        "guest", "start, µs", "resident, bytes", "memory, bytes"
    ));
    for Start { guest, measured: Measured { start_ns, memory, resident }, good } in starts {
        let start = Duration::from_nanos(*start_ns).as_secs_f64() * 1e6;
        let missed = if *good { "" } else { "  NOT met" };
        ui::out(format_args!("{guest:<24} {start:>10.1} {resident:>16} {memory:>14}{missed}"));
    }
    ui::out(format_args!(
        "goals: a start below {} µs, and no more resident than the memory of the guest\n",
        start::MAX_START_NS / 1_000
    ));
}

fn print_growth(growth: &Growth) {
    ui::out(format_args!(
        "{}: ns per request, and how many times that of half the size",
        growth.what
    ));
    for step in &growth.steps {
        let factor = step.factor.map(|factor| format!("{factor:.2}")).unwrap_or_default();
        ui::out(format_args!("{:>9} {:>11.0} {factor:>6}", step.size, step.ns));
    }
    ui::out(format_args!(
        "    {}: at most {:.1} times is wanted\n",
        if growth.linear { "linear" } else { "NOT linear" },
        growth::MAX_FACTOR
    ));
}

fn print_loads(loads: &[Loaded]) {
    ui::out(format_args!(
        "load over TCP on loopback, {} connections; times in µs",
        load::CONNECTIONS
    ));
    ui::out(format_args!(
        "{:<9} {:<16} {:>12} {:>8} {:>8} {:>8}",
        "server", "guest", "requests/s", "p50", "p90", "p99"
    ));
    for Loaded { server, guest, load } in loads {
        let guest = guest.as_deref().unwrap_or("none");
        ui::out(format_args!(
            "{server:<9} {guest:<16} {:>12.0} {:>8.0} {:>8.0} {:>8.0}",
            load.per_second, load.p50_us, load.p90_us, load.p99_us
        ));
    }
    ui::out("");
}
