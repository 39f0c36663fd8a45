//! The official Go host of the ABI, which Traefik and Dapr have inside, on its own: each guest in
//! a `net/http` server of its own.

#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use http_wasm_abi::LogLevel;
use http_wasm_model::exchange::LogEntry;
use serde_json::Value;

use super::go_build::{self, Program};
use super::server_process::Guard;
use super::{Error, HostUnderTest, Place, RunningHost, failed};

/// The server.
const PROGRAM: Program = Program {
    name: "go-host",
    source: [
        ("main.go", include_str!("program/main.go")),
        ("go.mod", include_str!("program/go.mod")),
        ("go.sum", include_str!("program/go.sum")),
    ],
};

/// How long a server may take until it listens.
const READY: Duration = Duration::from_secs(60);
/// How long it may take from the end of an exchange until it says that it is done with it.
const PATIENCE: Duration = Duration::from_secs(3);

/// The pinned version of the official Go host.
#[must_use]
pub fn version() -> &'static str {
    PROGRAM.version()
}

/// The host.
#[derive(Debug)]
pub struct GoHost {
    binary: PathBuf,
}

/// Its servers.
#[derive(Debug)]
pub struct Running {
    servers: Vec<Server>,
}

#[derive(Debug)]
struct Server {
    address: SocketAddr,
    output: Output,
    /// Hooks that have trapped in a way that the client does not see.
    traps: usize,
    // Ends with this.
    _process: Guard,
}

impl GoHost {
    /// The pinned Go host, built below `tools` if it is not there.
    ///
    /// # Errors
    /// When it cannot be built.
    pub fn install(tools: &Path) -> Result<Self, Error> {
        Ok(Self { binary: go_build::ensure(tools, &PROGRAM)? })
    }

    async fn serve(
        &self,
        place: &Place,
        number: usize,
        upstream: SocketAddr,
        folder: &Path,
    ) -> Result<Server, Error> {
        let path = folder.join(format!("output{number}.txt"));
        let output = File::create(&path).map_err(failed("cannot create", &path))?;
        let mut command = Command::new(&self.binary);
        command.arg("-guest").arg(&place.wasm).arg("-upstream").arg(format!("http://{upstream}"));
        command.arg("-log-level").arg((place.log as i32).to_string());
        if let Some(config) = &place.config {
            let file = folder.join(format!("config{number}.txt"));
            fs::write(&file, config).map_err(failed("cannot write", &file))?;
            command.arg("-config-file").arg(file);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output);
        let mut process = Guard::spawn(command).map_err(failed("cannot run", &self.binary))?;
        let mut output = Output { path, read: 0 };
        let listening = || output.until(|line| line["listening"].as_str()?.parse().ok());
        match process.ready(READY, listening).await {
            Ok(address) => Ok(Server { address, output, traps: 0, _process: process }),
            Err(reason) => Err(Error::not_ready(reason, &place.guest, output.text())),
        }
    }
}

impl Running {
    /// How often the guest of this place has trapped in its response hook since the last time, as
    /// far as [`RunningHost::logs`] has read. A trap in the request hook is in the answer.
    pub fn response_traps(&mut self, place: usize) -> usize {
        std::mem::take(&mut self.servers[place].traps)
    }
}

impl HostUnderTest for GoHost {
    type Running = Running;

    fn key(&self) -> &str {
        "go"
    }

    fn describe(&self) -> String {
        format!("the Go host {}", PROGRAM.version())
    }

    async fn start(
        &self,
        places: &[Place],
        upstream: SocketAddr,
        folder: &Path,
    ) -> Result<Running, Error> {
        let mut servers = Vec::new();
        for (number, place) in places.iter().enumerate() {
            servers.push(self.serve(place, number, upstream, folder).await?);
        }
        Ok(Running { servers })
    }
}

impl RunningHost for Running {
    fn address(&self, place: usize) -> SocketAddr {
        self.servers[place].address
    }

    async fn logs(&mut self, place: usize) -> Option<Vec<LogEntry>> {
        let Server { output, traps, .. } = &mut self.servers[place];
        let mut printed = [const { String::new() }; 2];
        let end = Instant::now() + PATIENCE;
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

/// What a guest prints through WASI, and the levels at which the reference host logs it.
const STREAMS: [(&str, LogLevel); 2] = [("stdout", LogLevel::Info), ("stderr", LogLevel::Error)];

/// Takes the complete lines out of a text; with `all`, also what has no end yet.
fn lines(text: &mut String, all: bool) -> impl Iterator<Item = String> {
    let end = if all { text.len() } else { text.rfind('\n').map_or(0, |end| end + 1) };
    let rest = text.split_off(end);
    let complete = std::mem::replace(text, rest);
    let line = |line: &str| line.strip_suffix('\n').unwrap_or(line).to_owned();
    complete.split_inclusive('\n').map(line).collect::<Vec<_>>().into_iter()
}

/// What a server writes, and how far it has been read.
#[derive(Debug)]
struct Output {
    path: PathBuf,
    read: usize,
}

impl Output {
    fn text(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.path).unwrap_or_default()).into_owned()
    }

    /// Reads on, line by line, until one yields something. Lines that are no JSON, such as the
    /// stack of a panic, are passed over.
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
