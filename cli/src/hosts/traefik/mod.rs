//! Traefik 3, which runs a guest as a local plugin.

pub mod config;
pub mod install;
mod logs;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use http::StatusCode;
use http_wasm_model::exchange::LogEntry;
use serde_json::{Map, Value};

use super::server_process::Guard;
use super::{Error, HostUnderTest, Place, RunningHost};
use crate::http_probe::{self, client};
use config::Route;
use logs::Logs;

/// The name that recorded exchanges use for it.
const KEY: &str = "traefik";
/// How long it may take until it is ready. It takes a quarter of a second on a free machine.
const READY: Duration = Duration::from_secs(60);
/// How often it is started anew when somebody took a port between choosing it and using it.
const ATTEMPTS: usize = 3;

/// The host.
#[derive(Debug)]
pub struct Traefik {
    binary: PathBuf,
}

/// A Traefik that has loaded all guests and is ready for requests.
#[derive(Debug)]
pub struct Running {
    routes: Vec<Route>,
    logs: Logs,
    // Ends with this.
    _process: Guard,
}

impl Traefik {
    /// The pinned Traefik, installed below `tools` if it is not there.
    ///
    /// # Errors
    /// When it cannot be installed.
    pub fn install(tools: &Path) -> Result<Self, Error> {
        Ok(Self { binary: install::ensure(tools)? })
    }
}

impl HostUnderTest for Traefik {
    type Running = Running;

    fn key(&self) -> &str {
        KEY
    }

    fn describe(&self) -> String {
        format!("Traefik {}", install::VERSION)
    }

    fn refuses(&self, config: Option<&[u8]>) -> Option<String> {
        options(config).err()
    }

    async fn start(
        &self,
        places: &[Place],
        upstream: SocketAddr,
        folder: &Path,
    ) -> Result<Running, Error> {
        let plugins = write_plugins(places, folder)?;
        let mut attempt = 1;
        loop {
            match self.start_once(places, &plugins, upstream, folder).await {
                Err(Error::Ended { log, .. })
                    if log.contains("address already in use") && attempt < ATTEMPTS =>
                {
                    attempt += 1;
                }
                result => return result,
            }
        }
    }
}

impl Traefik {
    async fn start_once(
        &self,
        places: &[Place],
        plugins: &[PathBuf],
        upstream: SocketAddr,
        folder: &Path,
    ) -> Result<Running, Error> {
        let mut addresses = free_addresses(places.len() + 1)?;
        let interface = addresses.remove(0);
        let mut routes = Vec::new();
        for (place, address) in places.iter().zip(addresses) {
            let plugin = plugins.iter().position(|guest| *guest == place.wasm).unwrap_or_default();
            let options = options(place.config.as_deref())
                .map_err(|reason| Error::Refused { guest: place.guest.clone(), reason })?;
            routes.push(Route { plugin, options, address });
        }
        let fixed = config::static_config(plugins.len(), &routes, interface);
        write(&folder.join("traefik.yml"), config::text(&fixed))?;
        let dynamic = config::dynamic_config(&routes, upstream);
        write(&folder.join(config::DYNAMIC_FILE), config::text(&dynamic))?;
        for log in [config::LOG_FILE, config::ACCESS_LOG_FILE] {
            write(&folder.join(log), "")?;
        }
        let output = folder.join("output.txt");
        let io = |source| Error::Io { what: "cannot create", path: output.clone(), source };
        let out = File::create(&output).map_err(io)?;
        let err = out.try_clone().map_err(io)?;
        let mut command = Command::new(&self.binary);
        command
            .arg("--configFile=traefik.yml")
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err);
        let mut process = Guard::spawn(command).map_err(|source| Error::Io {
            what: "cannot run",
            path: self.binary.clone(),
            source,
        })?;
        wait_until_ready(&mut process, &routes, folder).await?;
        routers_work(interface, places, folder).await?;
        Ok(Running { routes, logs: Logs::new(folder), _process: process })
    }
}

impl RunningHost for Running {
    fn address(&self, place: usize) -> SocketAddr {
        self.routes[place].address
    }

    async fn logs(&mut self, place: usize) -> Option<Vec<LogEntry>> {
        self.logs.of_next_exchange(place).await
    }
}

/// The options of a plugin are an object, and the guest reads them as JSON.
fn options(config: Option<&[u8]>) -> Result<Map<String, Value>, String> {
    let Some(config) = config else { return Ok(Map::new()) };
    match serde_json::from_slice(config) {
        Ok(Value::Object(options)) => Ok(options),
        _ => Err("Traefik hands over a JSON object; the config is none".to_owned()),
    }
}

/// One plugin folder for each guest, in this order.
fn write_plugins(places: &[Place], folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut plugins: Vec<PathBuf> = Vec::new();
    for place in places {
        if plugins.contains(&place.wasm) {
            continue;
        }
        let number = plugins.len();
        let home = folder.join("plugins-local/src").join(config::plugin_module(number));
        fs::create_dir_all(&home).map_err(|source| Error::Io {
            what: "cannot create",
            path: home.clone(),
            source,
        })?;
        write(&home.join(".traefik.yml"), config::text(&config::manifest(&place.guest, number)))?;
        fs::copy(&place.wasm, home.join("plugin.wasm")).map_err(|source| Error::Io {
            what: "cannot copy the guest",
            path: place.wasm.clone(),
            source,
        })?;
        plugins.push(place.wasm.clone());
    }
    Ok(plugins)
}

fn write(path: &Path, text: impl AsRef<[u8]>) -> Result<(), Error> {
    fs::write(path, text).map_err(|source| Error::Io {
        what: "cannot write",
        path: path.to_owned(),
        source,
    })
}

/// Loopback ports that nobody uses now. All are held until all are chosen, so they differ.
fn free_addresses(count: usize) -> Result<Vec<SocketAddr>, Error> {
    let listeners: Result<Vec<_>, _> =
        (0..count).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).collect();
    let addresses = listeners.and_then(|listeners| {
        listeners.iter().map(TcpListener::local_addr).collect::<Result<Vec<_>, _>>()
    });
    let address = (Ipv4Addr::LOCALHOST, 0).into();
    addresses.map_err(|source| Error::Live(http_probe::Error::Listen { address, source }))
}

/// Until every entry point answers the question whether it is ready, which no guest sees.
async fn wait_until_ready(
    process: &mut Guard,
    routes: &[Route],
    folder: &Path,
) -> Result<(), Error> {
    let end = Instant::now() + READY;
    let question = http_probe::Request {
        headers: http_probe::header_map([("host", config::READY_HOST)])?,
        ..http_probe::Request::default()
    };
    for route in routes {
        loop {
            if let Some(status) = process.ended().ok().flatten() {
                return Err(Error::Ended { status: status.to_string(), log: log_tail(folder) });
            }
            match client::send(route.address, &question).await {
                Ok(Some(answer)) if answer.status == StatusCode::OK => break,
                _ if logs::refuses_configuration(folder) => {
                    let log = log_tail(folder);
                    return Err(Error::Configuration { key: KEY, log });
                }
                // Not listening yet, or listening and without its configuration.
                _ if Instant::now() < end => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                _ => {
                    let seconds = READY.as_secs();
                    return Err(Error::NotReady { seconds, log: log_tail(folder) });
                }
            }
        }
    }
    Ok(())
}

/// Asks Traefik whether it could make every guest's middleware: one that it could not make leaves
/// a router that answers 404.
async fn routers_work(interface: SocketAddr, places: &[Place], folder: &Path) -> Result<(), Error> {
    let question = http_probe::Request {
        uri: "/api/http/routers?per_page=100000".to_owned(),
        ..http_probe::Request::default()
    };
    let answer = client::send(interface, &question).await?;
    let routers = answer.and_then(|answer| serde_json::from_slice::<Vec<Value>>(&answer.body).ok());
    let routers = routers.unwrap_or_default();
    for (index, place) in places.iter().enumerate() {
        let name = config::router_name(index);
        let router = routers.iter().find(|router| router["name"] == name.as_str());
        let reason = match router {
            Some(router) if router["status"] == "enabled" => continue,
            Some(router) => router["error"].to_string(),
            None => "it has no router".to_owned(),
        };
        let reason = format!("{reason}\n{}", log_tail(folder));
        return Err(Error::Refused { guest: place.guest.clone(), reason });
    }
    Ok(())
}

/// What Traefik said of errors, or the end of what it said when there were none.
fn log_tail(folder: &Path) -> String {
    const LINES: usize = 12;
    let read = |name| fs::read_to_string(folder.join(name)).unwrap_or_default();
    let (log, output) = (read(config::LOG_FILE), read("output.txt"));
    let messages: Vec<(bool, String)> =
        log.lines().chain(output.lines()).map(logs::brief).collect();
    let errors: Vec<&(bool, String)> = messages.iter().filter(|(error, _)| *error).collect();
    let shown: Vec<&(bool, String)> =
        if errors.is_empty() { messages.iter().collect() } else { errors };
    let from = shown.len().saturating_sub(LINES);
    shown[from..].iter().map(|(_, text)| format!("    {text}")).collect::<Vec<_>>().join("\n")
}
