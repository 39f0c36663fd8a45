//! `serve`: guests in a reverse proxy.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use http_wasm_abi::LogLevel;
use http_wasm_host::engine::{Folder, Grants, Options as EngineOptions};
use http_wasm_host::layer::{Capacity, Event, Metrics};
use http_wasm_model::Profile;
use http_wasm_model::exchange::{Limits, LogEntry};

use crate::build::{Builder, Options};
use crate::project::Project;
use crate::serve::{self, Guest, Loader, Origin, Server, Setup};
use crate::shutdown;
use crate::ui;

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Guests of any language (files that end in .wasm), or filters of this project, which are
    /// built; the first sees requests first
    #[arg(required = true, value_name = "FILTER|FILE.wasm")]
    guests: Vec<String>,
    /// Where to listen; port 0 lets the system choose
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Send what the guests let pass to this server, http://HOST:PORT
    #[arg(long, value_name = "URL", required_unless_present = "echo", conflicts_with = "echo")]
    upstream: Option<String>,
    /// Answer what the guests let pass with a text that shows it
    #[arg(long)]
    echo: bool,
    /// The guests' configuration, a text or @FILE: once for all guests, or once for each in order
    #[arg(long, value_name = "TEXT|@FILE")]
    config: Vec<String>,
    /// Whose semantics apply: strict (the traps of every host), go, express
    #[arg(long, default_value_t = Profile::Strict)]
    profile: Profile,
    /// Load a guest again when its file changes; requests in flight end with the old one
    #[arg(long)]
    watch: bool,
    /// Show each call of a host function, with what went in and came out
    #[arg(long)]
    trace: bool,
    #[command(flatten)]
    limits: LimitArgs,
    /// Let guests that import WASI see this variable of the environment
    #[arg(long, value_name = "NAME")]
    env: Vec<String>,
    /// Let guests that import WASI read this folder, under this name
    #[arg(long, value_name = "NAME=FOLDER", value_parser = folder)]
    dir: Vec<Folder>,
    /// Keep compiled guests in this folder
    #[arg(long, value_name = "FOLDER")]
    cache: Option<PathBuf>,
}

/// What guests may use.
#[derive(Debug, clap::Args)]
struct LimitArgs {
    /// The most time that a hook may run, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    max_time: u64,
    /// The most instructions that a hook may execute; counting them makes guests slower
    #[arg(long, value_name = "N")]
    max_fuel: Option<u64>,
    /// The most memory of an instance, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 64)]
    max_memory: u64,
    /// The most that is held of a body, in KiB
    #[arg(long, value_name = "KIB", default_value_t = 4_096)]
    max_body: usize,
    /// The most instances of each guest; further requests wait
    #[arg(long, value_name = "N", default_value_t = 256)]
    max_instances: u32,
}

fn folder(argument: &str) -> Result<Folder, String> {
    let (guest, host) =
        argument.split_once('=').ok_or("wanted NAME=FOLDER, such as /data=./data")?;
    Ok(Folder { guest: guest.to_owned(), host: host.into() })
}

fn setup(args: &Args, guests: usize) -> anyhow::Result<Setup> {
    let limits = &args.limits;
    let names = args.env.iter().map(String::as_str);
    let grants = Grants { folders: args.dir.clone(), ..Grants::default() }.inherit(names)?;
    let body = limits.max_body.saturating_mul(1 << 10);
    let each = limits.max_instances.max(1);
    Ok(Setup {
        options: EngineOptions {
            profile: args.profile,
            time_limit: Some(Duration::from_millis(limits.max_time.max(1))),
            fuel_limit: limits.max_fuel,
            memory_limit: limits.max_memory.saturating_mul(1 << 20),
            // While a guest is replaced, the old and the new one work side by side.
            reserved_instances: u32::try_from(guests)
                .ok()
                .and_then(|guests| guests.checked_mul(each)?.checked_mul(2))
                .filter(|&count| count <= MOST_RESERVED),
            cache: args.cache.clone(),
            grants,
            ..EngineOptions::default()
        },
        limits: Limits { request_body: body, response_body: body, ..Limits::default() },
        capacity: Capacity { instances: each as usize, ..Capacity::default() },
        trace: args.trace,
    })
}

/// Space is set aside for at most so many instances: each takes 4 GiB of addresses, of which a
/// process has 128 TiB.
const MOST_RESERVED: u32 = 4_096;

/// Runs the command.
///
/// # Errors
/// When a guest cannot be built or loaded, or the address cannot be had.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let origin = match &args.upstream {
        Some(url) => Origin::upstream(url)?,
        None => Origin::echo(),
    };
    let configs = configs(args)?;
    let files = files(&args.guests)?;
    let loader = Loader::new(setup(args, files.len())?)?;
    let mut layers = Vec::new();
    let mut watched = Vec::new();
    for ((name, wasm), config) in files.into_iter().zip(configs) {
        let guest = Guest { wasm, config, log: LogLevel::Debug };
        let guest_name = name.clone();
        let layer = loader.load(&guest, move |event| tell(&guest_name, &event))?;
        layers.push(layer.clone());
        watched.push((name, guest, layer));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Server::start(args.listen, &layers, origin).await?;
        println!("http://{}", server.address());
        if args.watch {
            for (name, guest, layer) in watched.iter().cloned() {
                let told = move |result: Result<(), serve::Error>| match result {
                    Ok(()) => ui::step("Replacing", format_args!("`{name}`: its file changed")),
                    Err(error) => ui::warn(format_args!("the old `{name}` stays: {error}")),
                };
                tokio::spawn(serve::watch(loader.clone(), guest, layer, told));
            }
        }
        let name = shutdown::stop().await?;
        ui::step("Stopping", format_args!("after {name}"));
        server.stop().await;
        for (name, _, layer) in &watched {
            summary(name, &layer.metrics());
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// What a guest has done, in a line.
fn summary(name: &str, metrics: &Metrics) {
    let traps: u64 = metrics.traps.iter().map(|(_, count)| count).sum();
    let mean = |time: Duration| {
        time.checked_div(u32::try_from(metrics.timed).unwrap_or(u32::MAX)).unwrap_or_default()
    };
    ui::step(
        "Served",
        format_args!(
            "`{name}`: {} requests, {} answered by the guest, {traps} traps; \
             mean time in the guest {:?}, in the host {:?}; {} instances, {} KiB",
            metrics.exchanges,
            metrics.stopped,
            mean(metrics.guest_time),
            mean(metrics.host_time),
            metrics.instances,
            metrics.memory >> 10,
        ),
    );
}

/// What the guests log, and what goes wrong, for whoever watches.
fn tell(guest: &str, event: &Event<'_>) {
    match event {
        Event::Log(LogEntry { level, message }) => eprintln!("{level:>8} {guest}: {message}"),
        Event::Call(call) => eprintln!("    call {guest}: {call}"),
        Event::Problem(problem) => eprintln!(" problem {guest}: {problem}"),
        other => eprintln!("   fault {guest}: {other}"),
    }
}

/// One configuration for each guest.
fn configs(args: &Args) -> anyhow::Result<Vec<Vec<u8>>> {
    let read = |text: &String| match text.strip_prefix('@') {
        Some(file) => std::fs::read(file).with_context(|| format!("cannot read {file}")),
        None => Ok(text.clone().into_bytes()),
    };
    let configs = args.config.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
    let wanted = args.guests.len();
    match configs.as_slice() {
        [] => Ok(vec![Vec::new(); wanted]),
        [one] => Ok(vec![one.clone(); wanted]),
        _ if configs.len() == wanted => Ok(configs),
        _ => anyhow::bail!(
            "found {} times --config for {wanted} guests; give none, one for all, or one for each",
            configs.len()
        ),
    }
}

/// The names and files of the guests; filters are built.
fn files(guests: &[String]) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let is_file = |guest: &String| guest.ends_with(".wasm");
    let filters: Vec<String> = guests.iter().filter(|guest| !is_file(guest)).cloned().collect();
    let mut built = std::collections::BTreeMap::new();
    if !filters.is_empty() {
        let project = Project::locate(None)?;
        let options = Options::default();
        let mut builder = Builder::new(&project, &options)?;
        for filter in project.select(&filters)? {
            built.insert(filter.name.clone(), builder.build(filter)?.path);
        }
    }
    let file = |guest: &String| {
        if is_file(guest) {
            let path = PathBuf::from(guest);
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            return Ok((name, path));
        }
        let path = built.get(guest).cloned();
        let path = path.with_context(|| format!("`{guest}` was not built"))?;
        Ok((guest.clone(), path))
    };
    guests.iter().map(file).collect()
}
