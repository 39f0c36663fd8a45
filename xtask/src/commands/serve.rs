//! `serve`: guests in a reverse proxy.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use http_wasm_host::Profile;
use http_wasm_host::exchange::LogEntry;
use http_wasm_host::layer::Event;

use crate::build::{Builder, Options};
use crate::interop::signal;
use crate::project::Project;
use crate::serve::{self, Guest, Origin, Server};
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
}

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
    let mut layers = Vec::new();
    for ((name, wasm), config) in files.into_iter().zip(configs) {
        let guest = Guest { wasm, config };
        layers.push(serve::load(&guest, args.profile, move |event| tell(&name, &event))?);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Server::start(args.listen, &layers, origin).await?;
        println!("http://{}", server.address());
        let name = signal::stop().await?;
        ui::step("Stopping", format_args!("after {name}"));
        server.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// What the guests log, and what goes wrong, for whoever watches.
fn tell(guest: &str, event: &Event<'_>) {
    match event {
        Event::Log(LogEntry { level, message }) => eprintln!("{level:>8} {guest}: {message}"),
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
