//! `serve`: runs guests in a reverse proxy.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use http_wasm_abi::LogLevel;
use http_wasm_host::engine::{Folder, Grants, Options as EngineOptions};
use http_wasm_host::layer::{Capacity, Event, Metrics};
use http_wasm_model::Profile;
use http_wasm_model::exchange::Limits;

use super::GlobalArgs;
use crate::build::{Builder, Options};
use crate::serve::{self, Guest, LoadOptions, Loader, Server, Upstream};
use crate::shutdown;
use crate::ui;

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Guests of any language (files that end in .wasm), or filters of this project, which are
    /// built; the first receives requests first
    #[arg(required = true, value_name = "FILTER|FILE.wasm")]
    guests: Vec<String>,
    /// Where to listen; port 0 lets the system choose
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Forward requests to this server, http://HOST:PORT
    #[arg(long, value_name = "URL", required_unless_present = "echo", conflicts_with = "echo")]
    upstream: Option<String>,
    /// Respond to forwarded requests with a text that shows them
    #[arg(long)]
    echo: bool,
    /// The guests' configuration, a text or @FILE: once for all guests, or once for each in order
    #[arg(long, value_name = "TEXT|@FILE")]
    config: Vec<String>,
    /// The host whose semantics apply: strict (the traps of every host), go, express
    #[arg(long, default_value_t = Profile::Strict)]
    profile: Profile,
    /// Reload a guest when its file changes; requests in flight finish on the old one
    #[arg(long)]
    watch: bool,
    /// Show each call of a host function, with arguments and result
    #[arg(long)]
    trace: bool,
    #[command(flatten)]
    limits: LimitArgs,
    /// Pass this environment variable to guests that import WASI
    #[arg(long, value_name = "NAME")]
    env: Vec<String>,
    /// Allow guests that import WASI to read this folder, under this name
    #[arg(long, value_name = "NAME=FOLDER", value_parser = folder)]
    dir: Vec<Folder>,
    /// Cache compiled guests in this folder
    #[arg(long, value_name = "FOLDER")]
    cache: Option<PathBuf>,
}

/// Limits of guests.
#[derive(Debug, clap::Args)]
struct LimitArgs {
    /// Maximum run time of a hook, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    max_time: u64,
    /// Maximum instructions that a hook executes; counting them slows guests down
    #[arg(long, value_name = "N")]
    max_fuel: Option<u64>,
    /// Maximum memory of an instance, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 64)]
    max_memory: u64,
    /// Maximum size of a body in memory, in KiB
    #[arg(long, value_name = "KIB", default_value_t = 4_096)]
    max_body: usize,
    /// Maximum number of instances of each guest; further requests wait
    #[arg(long, value_name = "N", default_value_t = 256)]
    max_instances: u32,
}

fn folder(argument: &str) -> Result<Folder, String> {
    let (guest, host) =
        argument.split_once('=').ok_or("wanted NAME=FOLDER, such as /data=./data")?;
    Ok(Folder { guest: guest.to_owned(), host: host.into() })
}

fn load_options(args: &Args, guests: usize) -> anyhow::Result<LoadOptions> {
    let limits = &args.limits;
    let names = args.env.iter().map(String::as_str);
    let grants = Grants { folders: args.dir.clone(), ..Grants::default() }.inherit(names)?;
    let body = limits.max_body.saturating_mul(1 << 10);
    let each = limits.max_instances.max(1);
    Ok(LoadOptions {
        engine: EngineOptions {
            profile: args.profile,
            time_limit: Some(Duration::from_millis(limits.max_time.max(1))),
            fuel_limit: limits.max_fuel,
            memory_limit: limits.max_memory.saturating_mul(1 << 20),
            // While a guest is replaced, the old and the new one run side by side.
            reserved_instances: u32::try_from(guests)
                .ok()
                .and_then(|guests| guests.checked_mul(each)?.checked_mul(2))
                .filter(|&count| count <= MAX_RESERVED),
            cache: args.cache.clone(),
            grants,
            ..EngineOptions::default()
        },
        limits: Limits { request_body: body, response_body: body, ..Limits::default() },
        capacity: Capacity { instances: each as usize, ..Capacity::default() },
        trace: args.trace,
    })
}

/// The maximum number of instances for which address space is reserved: 4 GiB each, of 128 TiB that
/// a process has.
const MAX_RESERVED: u32 = 4_096;

/// Runs the command.
///
/// # Errors
/// When a guest cannot be built or loaded, or the address cannot be used.
pub fn run(args: &Args, global: &GlobalArgs) -> anyhow::Result<ExitCode> {
    let upstream = match &args.upstream {
        Some(url) => Upstream::url(url)?,
        None => Upstream::echo(),
    };
    let configs = configs(args)?;
    let files = files(&args.guests, global)?;
    let loader = Loader::new(load_options(args, files.len())?)?;
    let mut layers = Vec::new();
    let mut watched = Vec::new();
    for ((name, wasm), config) in files.into_iter().zip(configs) {
        let guest = Guest { wasm, config, log: LogLevel::Debug };
        let guest_name = name.clone();
        let layer = loader.load(&guest, move |event| show(&guest_name, &event))?;
        layers.push(layer.clone());
        watched.push((name, guest, layer));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Server::start(args.listen, &layers, upstream).await?;
        // Before the address is known, so that whoever reads it can stop the server.
        let stop = shutdown::catch()?;
        let url = format!("http://{}", server.address());
        global.print(&serde_json::json!({ "url": url }), || ui::out(&url))?;
        if args.watch {
            for (name, guest, layer) in watched.iter().cloned() {
                let report = move |result: Result<(), serve::Error>| match result {
                    Ok(()) => ui::step("Replacing", format_args!("`{name}`: its file changed")),
                    Err(error) => ui::warn(format_args!("`{name}` is not replaced: {error}")),
                };
                tokio::spawn(serve::watch(loader.clone(), guest, layer, report));
            }
        }
        let name = stop.await;
        ui::step("Stopping", format_args!("after {name}"));
        server.stop().await;
        for (name, _, layer) in &watched {
            summary(name, &layer.metrics());
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Prints what a guest has done, in a line.
fn summary(name: &str, metrics: &Metrics) {
    let traps: u64 = metrics.traps.iter().map(|(_, count)| count).sum();
    let mean = |time: Duration| {
        time.checked_div(u32::try_from(metrics.timed).unwrap_or(u32::MAX)).unwrap_or_default()
    };
    ui::step(
        "Served",
        format_args!(
            "`{name}`: {} requests, {} short-circuited by the guest, {traps} traps; \
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

/// Prints an event of a guest in a line: a log message, a call, or a fault.
fn show(guest: &str, event: &Event<'_>) {
    let kind = match event {
        Event::Log(entry) => entry.level.to_string(),
        Event::Call(_) => "call".to_owned(),
        Event::Problem(_) => "problem".to_owned(),
        _ => "fault".to_owned(),
    };
    ui::err(format_args!("{kind:>8} {}", ui::escaped(format_args!("{guest}: {event}"))));
}

/// Reads one configuration for each guest.
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
            "found --config {} times for {wanted} guests, wanted none, one for all, or one for each",
            configs.len()
        ),
    }
}

/// The names and files of the guests; builds those that are filters.
fn files(guests: &[String], global: &GlobalArgs) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let is_file = |guest: &String| guest.ends_with(".wasm");
    let filters: Vec<String> = guests.iter().filter(|guest| !is_file(guest)).cloned().collect();
    let mut built = std::collections::BTreeMap::new();
    if !filters.is_empty() {
        let project = global.project()?;
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
