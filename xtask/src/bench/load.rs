//! Servers under load over TCP: the axum example on the reference host, and net/http on the official
//! Go host, each alone and with a guest, in turn, with the same requests and responses.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::guests::Guest;
use super::{Effort, Error, Programs};
use crate::bench::go::GoBench;
use cargo_http_wasm::cleanup::TempFolder;
use cargo_http_wasm::hosts::server_process::ServerProcess;
use cargo_http_wasm::process;

/// The number of open connections, each with one request in flight.
pub(crate) const CONNECTIONS: usize = 16;
/// After the first round, no load begins later than this, which bounds the time on slow machines.
const MAX_TIME: Duration = Duration::from_secs(90);
/// How long a server may take until it listens.
const READY_TIMEOUT: Duration = Duration::from_secs(20);

/// A server under load: the round with the median of requests per second.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Loaded {
    /// Which server.
    pub(crate) server: &'static str,
    /// The guest around its handler.
    pub(crate) guest: Option<String>,
    /// The measurements.
    #[serde(flatten)]
    pub(crate) load: Load,
}

/// The measurements of a load.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Load {
    /// Requests with the right response.
    pub(crate) requests: usize,
    /// Responses with the guest's header.
    pub(crate) marked: usize,
    /// Requests per second.
    pub(crate) per_second: f64,
    /// The median time to the end of a response, in microseconds.
    pub p50_us: f64,
    /// The 90th percentile, in microseconds.
    pub p90_us: f64,
    /// The 99th percentile, in microseconds.
    pub p99_us: f64,
}

/// Loads both servers, without a guest and with each of the guests, one after the other.
///
/// # Errors
/// When a server does not start, or sends a wrong response.
pub(crate) fn load(
    programs: &Programs,
    go: &GoBench,
    guests: &[Guest],
    effort: Effort,
) -> Result<Vec<Loaded>, Error> {
    let axum = |guest: Option<&Guest>| {
        let mut command = process::pinned(&programs.server, programs.cpu());
        command.args(guest.map(|guest| &guest.wasm));
        command
    };
    let mut cases: Vec<(&'static str, Option<&Guest>, Vec<Load>)> = Vec::new();
    for guest in std::iter::once(None).chain(guests.iter().map(Some)) {
        cases.extend(["axum", "net/http"].map(|server| (server, guest, Vec::new())));
    }
    let began = Instant::now();
    'rounds: for round in 0..effort.load_rounds {
        for (server, guest, loads) in &mut cases {
            if round > 0 && began.elapsed() > MAX_TIME {
                break 'rounds;
            }
            let command = if *server == "axum" {
                axum(*guest)
            } else {
                go.server(guest.map(|guest| guest.wasm.as_path()), programs.cpu())
            };
            let running = Running::start(command)?;
            let found = one(programs, running.address, effort.load)?;
            // A server that lost the guest would be a fast one.
            if found.marked != if guest.is_some() { found.requests } else { 0 } {
                return Err(Error::Output {
                    program: format!("{server} with the guest {guest:?}"),
                    found: format!("{found:?}"),
                    wanted: "the guest's header in every response",
                });
            }
            loads.push(found);
        }
    }
    let middle = |mut loads: Vec<Load>| {
        loads.sort_by(|one, other| one.per_second.total_cmp(&other.per_second));
        loads[loads.len() / 2]
    };
    let loaded = |(server, guest, loads): (_, Option<&Guest>, _)| Loaded {
        server,
        guest: guest.map(|guest| guest.name.clone()),
        load: middle(loads),
    };
    Ok(cases.into_iter().map(loaded).collect())
}

fn one(programs: &Programs, address: SocketAddr, requests: usize) -> Result<Load, Error> {
    let (address, connections) = (address.to_string(), CONNECTIONS.to_string());
    let requests = requests.to_string();
    let wanted = "what a load found";
    let arguments = ["load", &address, &connections, &requests];
    let lines: Vec<Load> = programs.measure(programs.other_cpu(), &arguments, wanted)?;
    match *lines.as_slice() {
        [load] => Ok(load),
        _ => Err(Error::Output { program: "measure".into(), found: format!("{lines:?}"), wanted }),
    }
}

/// A server that prints its URL; it stops when this is dropped.
struct Running {
    address: SocketAddr,
    _process: ServerProcess,
}

impl Running {
    fn start(mut command: Command) -> Result<Self, Error> {
        let program = process::shown(&command);
        let failed = |what, path: &Path| {
            let path = path.to_owned();
            move |source| Error::Io { what, path, source }
        };
        let here = Path::new(".");
        let folder = TempFolder::new("http-wasm-xtask-")
            .map_err(failed("cannot create a folder for", here))?;
        let (output, errors) = (folder.path().join("stdout"), folder.path().join("stderr"));
        let create = |path: &Path| File::create(path).map_err(failed("cannot create", path));
        command.stdin(Stdio::null()).stdout(create(&output)?).stderr(create(&errors)?);
        let path = Path::new(command.get_program()).to_owned();
        let mut process = ServerProcess::spawn(command).map_err(failed("cannot run", &path))?;
        let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
        let address = || {
            let text = read(&output);
            let (line, _) = text.split_once('\n')?;
            line.strip_prefix("http://")?.parse().ok()
        };
        let clock = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let clock = clock.map_err(failed("cannot wait for", &path))?;
        match clock.block_on(process.ready(READY_TIMEOUT, address)) {
            Ok(address) => Ok(Self { address, _process: process }),
            Err(_) => {
                let text = read(&errors);
                let reason = if text.is_empty() { text } else { format!("; it printed:\n{text}") };
                Err(Error::Server { program, seconds: READY_TIMEOUT.as_secs(), reason })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_server_that_starts_has_an_address() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo http://127.0.0.1:81; exec sleep 600"]);
        let address = Running::start(command).map(|running| running.address).unwrap();
        assert_eq!(address.to_string(), "127.0.0.1:81");
    }

    #[test]
    fn a_server_that_does_not_start_is_an_error() {
        let mut command = process::cargo();
        command.arg("no-such-command-of-cargo");
        let error = Running::start(command).err().map(|error| error.to_string()).unwrap();
        assert!(error.contains("did not print its address"), "{error}");
        assert!(error.contains("no such command"), "{error}");
    }
}
