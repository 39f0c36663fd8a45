//! The official Go host of the ABI, which Traefik and Dapr embed: each guest in a `net/http` server
//! of its own.

#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use http_wasm_abi::{LogLevel, Phase};
use http_wasm_model::exchange::LogEntry;
use serde_json::Value;

use super::driver::{Deployment, Host, HostFuture, HostUnderTest, PROCESS_BATCH, RunningHost};
use super::error::{Error, failed};
use super::go_build::{self, Program};
use super::server_process::ServerProcess;

/// Its entry in the list of hosts.
pub(super) const HOST: Host = Host {
    name: "go",
    about: "The official Go host in a net/http server, built with the local Go",
    install: |tools| Ok(Box::new(GoHost::install(tools)?)),
};

/// The server program.
const PROGRAM: Program = Program {
    name: "go-host",
    source: [
        ("main.go", include_str!("program/main.go")),
        ("go.mod", include_str!("program/go.mod")),
        ("go.sum", include_str!("program/go.sum")),
    ],
};

/// How long a server may take until it listens.
const READY_TIMEOUT: Duration = Duration::from_secs(60);
/// How long it may take from the end of an exchange until it reports that it is done with it.
const LOG_TIMEOUT: Duration = Duration::from_secs(3);

/// The pinned version of the official Go host.
#[must_use]
pub fn version() -> &'static str {
    PROGRAM.version()
}

/// The driver of the Go host.
#[derive(Clone, Debug)]
pub struct GoHost {
    binary: PathBuf,
    calls_initialize: bool,
}

/// The servers: one for each deployment.
#[derive(Debug)]
struct Running {
    servers: Vec<Server>,
}

#[derive(Debug)]
struct Server {
    address: SocketAddr,
    output: Output,
    /// Traps in the response hook since they were last taken; one in the request hook shows in the
    /// response.
    traps: usize,
    // Stops the server when this is dropped.
    _process: ServerProcess,
}

impl GoHost {
    /// Builds the pinned Go host below `tools`, unless it is there.
    ///
    /// # Errors
    /// When it cannot be built.
    pub fn install(tools: &Path) -> Result<Self, Error> {
        Ok(Self { binary: go_build::ensure(tools, &PROGRAM)?, calls_initialize: false })
    }

    /// Calls `_initialize` after `_start`, as Traefik does, which embeds this host.
    #[must_use]
    pub fn calling_initialize(self) -> Self {
        Self { calls_initialize: true, ..self }
    }

    async fn serve(
        &self,
        deployment: &Deployment,
        number: usize,
        upstream: SocketAddr,
        folder: &Path,
    ) -> Result<Server, Error> {
        let path = folder.join(format!("output{number}.txt"));
        let output = File::create(&path).map_err(failed("cannot create", &path))?;
        let mut command = Command::new(&self.binary);
        command
            .arg("-guest")
            .arg(&deployment.wasm)
            .arg("-upstream")
            .arg(format!("http://{upstream}"));
        for (name, value) in &deployment.surroundings.env {
            command.arg("-env").arg(format!("{name}={value}"));
        }
        for (guest, host) in &deployment.surroundings.dirs {
            command.arg("-dir").arg(format!("{guest}={}", host.display()));
        }
        if self.calls_initialize {
            command.arg("-initialize");
        }
        command.arg("-log-level").arg((deployment.log as i32).to_string());
        if let Some(config) = &deployment.config {
            let file = folder.join(format!("config{number}.txt"));
            fs::write(&file, config).map_err(failed("cannot write", &file))?;
            command.arg("-config-file").arg(file);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output);
        let mut process =
            ServerProcess::spawn(command).map_err(failed("cannot run", &self.binary))?;
        let mut output = Output { path, read: 0 };
        let listening = || output.until(|line| line["listening"].as_str()?.parse().ok());
        match process.ready(READY_TIMEOUT, listening).await {
            Ok(address) => Ok(Server { address, output, traps: 0, _process: process }),
            Err(reason) => Err(Error::not_ready(reason, &deployment.guest, output.text())),
        }
    }
}

impl HostUnderTest for GoHost {
    fn key(&self) -> &str {
        HOST.name
    }

    fn describe(&self) -> String {
        format!("the Go host {}", PROGRAM.version())
    }

    fn gives_surroundings(&self) -> bool {
        true
    }

    fn batch(&self) -> usize {
        PROCESS_BATCH
    }

    fn start<'a>(
        &'a self,
        deployments: &'a [Deployment],
        upstream: SocketAddr,
        folder: &'a Path,
    ) -> HostFuture<'a, Result<Box<dyn RunningHost>, Error>> {
        Box::pin(async move {
            let mut servers = Vec::new();
            for (number, deployment) in deployments.iter().enumerate() {
                servers.push(self.serve(deployment, number, upstream, folder).await?);
            }
            Ok(Box::new(Running { servers }) as Box<dyn RunningHost>)
        })
    }
}

impl RunningHost for Running {
    fn address(&self, deployment: usize) -> SocketAddr {
        self.servers[deployment].address
    }

    fn logs(&mut self, deployment: usize) -> HostFuture<'_, Option<Vec<LogEntry>>> {
        Box::pin(self.servers[deployment].logs())
    }

    fn traps(&mut self, deployment: usize) -> Vec<(Phase, String)> {
        let count = std::mem::take(&mut self.servers[deployment].traps);
        vec![(Phase::Response, String::new()); count]
    }
}

impl Server {
    /// Reads the guest's messages up to the end of the exchange; `None` when that does not come.
    async fn logs(&mut self) -> Option<Vec<LogEntry>> {
        let Self { output, traps, .. } = self;
        let mut printed = [const { String::new() }; 2];
        let end = Instant::now() + LOG_TIMEOUT;
        let mut logs = Vec::new();
        loop {
            let done = output.until(|line| {
                *traps += usize::from(line["trap"].is_string());
                logs.extend(entry(line));
                for ((stream, level), text) in STREAMS.iter().zip(&mut printed) {
                    text.push_str(line[*stream].as_str().unwrap_or_default());
                    logs.extend(
                        lines(text, false).map(|message| LogEntry { level: *level, message }),
                    );
                }
                line["done"].as_bool()
            });
            if done.is_some() {
                for ((_, level), text) in STREAMS.iter().zip(&mut printed) {
                    logs.extend(
                        lines(text, true).map(|message| LogEntry { level: *level, message }),
                    );
                }
                return Some(logs);
            }
            if Instant::now() > end {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// The streams that a guest prints to through WASI, and the levels at which the reference host logs
/// them.
const STREAMS: [(&str, LogLevel); 2] = [("stdout", LogLevel::Info), ("stderr", LogLevel::Error)];

/// Takes the complete lines out of a text; with `all`, also a last line without an end.
fn lines(text: &mut String, all: bool) -> impl Iterator<Item = String> {
    let end = if all { text.len() } else { text.rfind('\n').map_or(0, |end| end + 1) };
    let rest = text.split_off(end);
    let complete = std::mem::replace(text, rest);
    let line = |line: &str| line.strip_suffix('\n').unwrap_or(line).to_owned();
    complete.split_inclusive('\n').map(line).collect::<Vec<_>>().into_iter()
}

/// The output of a server, and how far it has been read.
#[derive(Debug)]
struct Output {
    path: PathBuf,
    read: usize,
}

impl Output {
    fn text(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.path).unwrap_or_default()).into_owned()
    }

    /// Reads the next lines until `wanted` takes one. Skips lines that are not JSON, such as the
    /// stack of a panic.
    fn until<T>(&mut self, mut wanted: impl FnMut(&Value) -> Option<T>) -> Option<T> {
        let text = self.text();
        while let Some((line, _)) = text.get(self.read..).and_then(|new| new.split_once('\n')) {
            self.read += line.len() + 1;
            if let Some(found) = serde_json::from_str(line).ok().and_then(|line| wanted(&line)) {
                return Some(found);
            }
        }
        None
    }
}

fn entry(line: &Value) -> Option<LogEntry> {
    let level = LogLevel::from_i32(i32::try_from(line["level"].as_i64()?).ok()?)?;
    Some(LogEntry { level, message: line["message"].as_str()?.to_owned() })
}
