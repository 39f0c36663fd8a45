//! `serve`: runs guests in a reverse proxy.

mod args;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use http_wasm_host::layer::{Event, Metrics};

use super::GlobalArgs;
use crate::build::Builder;
use crate::serve::{self, Guest, Loader, Server};
use crate::shutdown;
use crate::ui;

pub use args::Args;

/// Runs the command.
///
/// # Errors
/// When a guest cannot be built or loaded, or the address cannot be used.
pub fn run(args: &Args, global: &GlobalArgs) -> anyhow::Result<ExitCode> {
    let upstream = args.upstream()?;
    let options = args.server_options();
    let configs = configs(args)?;
    let files = files(args, global)?;
    let loader = Loader::new(args.load_options(files.len())?)?;
    let mut layers = Vec::new();
    let mut watched = Vec::new();
    for ((name, wasm), config) in files.into_iter().zip(configs) {
        let guest = Guest { wasm, config, log: args.output.log_level };
        let guest_name = name.clone();
        let layer = loader.load(&guest, move |event| show(&guest_name, &event))?;
        layers.push(layer.clone());
        watched.push((name, guest, layer));
    }
    // What guests log must not hold up their requests.
    let _background = ui::in_background();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Server::start_with(&args.listen.0, &layers, upstream, options).await?;
        // Before the address is known, so that whoever reads it can stop the server.
        let stop = shutdown::catch()?;
        let url = format!("http://{}", server.address());
        global.print(&serde_json::json!({ "url": url }), || ui::out(&url))?;
        if args.guest.watch {
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
    let configs = args.guest.config.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
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
fn files(args: &Args, global: &GlobalArgs) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let guests = &args.guests;
    let is_file = |guest: &String| super::is_file(Path::new(guest));
    let filters: Vec<String> = guests.iter().filter(|guest| !is_file(guest)).cloned().collect();
    let mut built = std::collections::BTreeMap::new();
    if !filters.is_empty() {
        let project = global.project()?;
        let options = args.build.options();
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
