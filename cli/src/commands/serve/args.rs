//! The arguments of `serve`, and the settings that they mean.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use http_wasm_abi::LogLevel;
use http_wasm_host::engine::{self, Folder, Grants, Options as EngineOptions};
use http_wasm_host::layer::Capacity;
use http_wasm_model::Profile;
use http_wasm_model::exchange::Limits;

use super::super::BuildArgs;
use crate::serve::{
    self, Forwarded, HeaderLimits, InvalidUpstream, LoadOptions, ServerOptions, Upstream,
    UpstreamOptions,
};
use crate::ui;

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Guests of any language (files: with an ending, or in a folder such as ./), or filters of this
    /// project, which are built; the first receives requests first
    #[arg(required = true, value_name = "FILTER|FILE.wasm")]
    pub(super) guests: Vec<String>,
    /// Where to listen: HOST:PORT, or :PORT for every address of this machine; port 0 lets the system
    /// choose
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", value_parser = addresses)]
    pub(super) listen: Addresses,
    #[command(flatten)]
    next: NextArgs,
    #[command(flatten)]
    pub(super) build: BuildArgs,
    #[command(flatten)]
    pub(super) guest: GuestArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    upstream_options: UpstreamArgs,
    #[command(flatten)]
    client: ClientArgs,
    #[command(flatten)]
    limits: LimitArgs,
}

/// What is behind the guests.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct NextArgs {
    /// Forward requests to this server: http://HOST:PORT, https://HOST:PORT, or h2c://HOST:PORT for
    /// HTTP/2 without TLS
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
    /// Respond to forwarded requests with a text that shows them
    #[arg(long)]
    echo: bool,
}

/// Addresses, of which one is used.
#[derive(Clone, Debug)]
pub(super) struct Addresses(pub(super) Vec<SocketAddr>);

fn addresses(text: &str) -> Result<Addresses, String> {
    serve::addresses(text).map(Addresses)
}

/// How guests are set up.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Guests")]
pub(super) struct GuestArgs {
    /// The guests' configuration, a text or @FILE: once for all guests, or once for each in order
    #[arg(long, value_name = "TEXT|@FILE")]
    pub(super) config: Vec<String>,
    /// The host whose semantics apply: strict (the traps of every host), go, express
    #[arg(long, default_value_t = Profile::Strict)]
    profile: Profile,
    /// Reload a guest when its file changes; requests in flight finish on the old one
    #[arg(long)]
    pub(super) watch: bool,
    /// Pass this environment variable to guests that import WASI
    #[arg(long, value_name = "NAME")]
    env: Vec<String>,
    /// Allow guests that import WASI to read this folder, under this name
    #[arg(long, value_name = "NAME=FOLDER", value_parser = folder)]
    dir: Vec<Folder>,
    /// Cache compiled guests in this folder, instead of one of the user's
    #[arg(long, value_name = "FOLDER")]
    cache: Option<PathBuf>,
    /// Compile guests at each start
    #[arg(long, conflicts_with = "cache")]
    no_cache: bool,
}

impl GuestArgs {
    /// The folder for compiled guests.
    fn cache(&self) -> Option<PathBuf> {
        match &self.cache {
            _ if self.no_cache => None,
            Some(folder) => Some(folder.clone()),
            None => default_cache(),
        }
    }
}

/// The user's folder for compiled guests, where there is one that can be used.
fn default_cache() -> Option<PathBuf> {
    let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("Library/Caches"))
    } else {
        folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")))
    };
    let cache = base?.join("cargo-http-wasm").join("guests");
    // Whoever wants no cache there is not bothered.
    engine::is_cache_usable(&cache).then_some(cache)
}

/// What is shown.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArgs {
    /// Show messages of guests of this level and above: debug, info, warn, error, none
    #[arg(long, value_name = "LEVEL", default_value = "debug", value_parser = log_level)]
    pub(super) log_level: LogLevel,
    /// Show each call of a host function, with arguments and result
    #[arg(long)]
    trace: bool,
}

/// How the upstream is treated.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Upstream")]
pub(super) struct UpstreamArgs {
    /// Trust the certificates of this file (PEM) instead of those of the system
    #[arg(long, value_name = "FILE", conflicts_with = "upstream_insecure")]
    upstream_ca: Option<PathBuf>,
    /// Accept any certificate of the upstream
    #[arg(long)]
    upstream_insecure: bool,
    /// How long a connection to the upstream may take; then the client gets 504
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    connect_timeout: Duration,
    /// How long the upstream may do nothing; the client gets 504, or a response that breaks off
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    response_timeout: Duration,
    /// What is done with x-forwarded-for, -host and -proto, before guests see the request
    #[arg(
        long,
        value_enum,
        value_name = "keep|replace|append",
        default_value_t,
        hide_possible_values = true
    )]
    x_forwarded: Forwarded,
}

/// How clients are treated.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Clients")]
pub(super) struct ClientArgs {
    /// The most connections of clients at once; further ones wait
    #[arg(long, value_name = "N", default_value_t = 4_096, value_parser = clap::value_parser!(u32).range(1..))]
    max_connections: u32,
    /// How long a client's connection may be open without a request in flight
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    idle_timeout: Duration,
    /// How long a client may send nothing of a body, or take nothing of a response
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    body_timeout: Duration,
}

/// Limits of guests.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct LimitArgs {
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
    /// Maximum number of headers of a message; more of a request is 431, more of a response 502
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    max_headers: u16,
    /// Maximum size of the headers of a message, in KiB; likewise
    #[arg(long, value_name = "KIB", default_value_t = 256)]
    max_header_size: u16,
    /// Maximum size of a guest's file, in MiB; large guests take long to compile
    #[arg(long, value_name = "MIB", default_value_t = 16)]
    max_module_size: u16,
    /// Maximum number of functions of a guest
    #[arg(long, value_name = "N", default_value_t = 50_000)]
    max_functions: u32,
    /// Maximum size of one function of a guest, in KiB
    #[arg(long, value_name = "KIB", default_value_t = 512)]
    max_function_size: u32,
    /// Maximum number of instances of each guest; further requests wait
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..))]
    max_instances: u32,
}

impl LimitArgs {
    fn headers(&self) -> HeaderLimits {
        let bytes = usize::from(self.max_header_size) << 10;
        HeaderLimits { count: self.max_headers.into(), bytes }
    }
}

fn seconds(argument: &str) -> Result<Duration, String> {
    let seconds = argument.parse().ok().filter(|&seconds: &f64| seconds > 0.0);
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.filter(|&duration| duration < MAX_TIMEOUT).ok_or_else(|| {
        "wanted a number of seconds that is more than 0 and less than a year".to_owned()
    })
}

/// So that points in time can be calculated.
const MAX_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

fn log_level(argument: &str) -> Result<LogLevel, String> {
    let levels = [LogLevel::Debug, LogLevel::Info, LogLevel::Warn, LogLevel::Error, LogLevel::None];
    levels
        .into_iter()
        .find(|level| level.name() == argument)
        .ok_or_else(|| format!("wanted one of {}", levels.map(LogLevel::name).join(", ")))
}

fn folder(argument: &str) -> Result<Folder, String> {
    let (guest, host) =
        argument.split_once('=').ok_or("wanted NAME=FOLDER, such as /data=./data")?;
    Ok(Folder { guest: guest.to_owned(), host: host.into() })
}

impl Args {
    /// How this many guests are loaded.
    pub(super) fn load_options(&self, guests: usize) -> anyhow::Result<LoadOptions> {
        let limits = &self.limits;
        let names = self.guest.env.iter().map(String::as_str);
        let grants =
            Grants { folders: self.guest.dir.clone(), ..Grants::default() }.inherit(names)?;
        let body = limits.max_body.saturating_mul(1 << 10);
        let headers = limits.headers();
        let capacity = Capacity { instances: limits.max_instances as usize, ..Capacity::default() };
        let each = u32::try_from(capacity.instances.saturating_add(capacity.awaiting_bodies));
        Ok(LoadOptions {
            log_rate: None,
            engine: EngineOptions {
                profile: self.guest.profile,
                time_limit: Some(Duration::from_millis(limits.max_time.max(1))),
                fuel_limit: limits.max_fuel,
                memory_limit: limits.max_memory.saturating_mul(1 << 20),
                // While a guest is replaced, the old and the new one run side by side.
                reserved_instances: u32::try_from(guests)
                    .ok()
                    .and_then(|guests| guests.checked_mul(each.ok()?)?.checked_mul(2))
                    .filter(|&count| count <= MAX_RESERVED),
                module_limit: usize::from(limits.max_module_size) << 20,
                function_limit: limits.max_functions as usize,
                function_length_limit: (limits.max_function_size as usize) << 10,
                cache: self.guest.cache(),
                grants,
                ..EngineOptions::default()
            },
            limits: Limits {
                request_body: body,
                response_body: body,
                header_count: headers.count,
                header_bytes: headers.bytes,
                ..Limits::default()
            },
            capacity,
            body_read_timeout: Some(self.client.body_timeout),
            trace: self.output.trace,
        })
    }

    /// How clients are treated.
    pub(super) fn server_options(&self) -> ServerOptions {
        let wanted = self.client.max_connections as usize;
        let max_connections = serve::allow_connections(wanted);
        if max_connections < wanted {
            ui::warn(format_args!(
                "this process may have no more files open than {max_connections} connections need; --max-connections wants {wanted}; raise `ulimit -n`"
            ));
        }
        ServerOptions {
            max_connections,
            idle_timeout: self.client.idle_timeout,
            body_timeout: self.client.body_timeout,
            headers: self.limits.headers(),
            forwarded: self.upstream_options.x_forwarded,
        }
    }

    /// What is behind the guests.
    pub(super) fn upstream(&self) -> Result<Upstream, InvalidUpstream> {
        let Some(url) = &self.next.upstream else { return Ok(Upstream::echo()) };
        let options = &self.upstream_options;
        let options = UpstreamOptions {
            connect_timeout: options.connect_timeout,
            response_timeout: options.response_timeout,
            headers: self.limits.headers(),
            ca: options.upstream_ca.clone(),
            insecure: options.upstream_insecure,
        };
        Upstream::url(url, options)
    }
}

/// The maximum number of instances for which address space is reserved: 4 GiB each, of 128 TiB that
/// a process has.
const MAX_RESERVED: u32 = 4_096;
