//! The official Go host for this comparison: a program with a server for each guest and upstream.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use cargo_http_wasm::hosts::go_build::{self, Program};
use cargo_http_wasm::hosts::server_process::ServerProcess;
use cargo_http_wasm::hosts::{Error, failed};

const PROGRAM: Program = Program {
    name: "go-wire",
    source: [
        ("main.go", include_str!("program/main.go")),
        ("go.mod", include_str!("program/go.mod")),
        ("go.sum", include_str!("program/go.sum")),
    ],
};

/// How long the servers may take until they listen.
const READY_TIMEOUT: Duration = Duration::from_secs(60);

/// The running servers.
#[derive(Debug)]
pub(crate) struct Servers {
    /// Where they listen, in the order of what they were started for.
    pub(crate) addresses: Vec<SocketAddr>,
    // Stops them when this is dropped.
    _process: ServerProcess,
}

/// Starts a server for each guest and upstream; builds the program below `tools` if it is missing.
pub(crate) async fn start(
    tools: &Path,
    folder: &Path,
    pairs: &[(PathBuf, SocketAddr)],
) -> Result<Servers, Error> {
    let binary = go_build::ensure(tools, &PROGRAM)?;
    let path = folder.join("go.txt");
    let output = File::create(&path).map_err(failed("cannot create", &path))?;
    let errors = output.try_clone().map_err(failed("cannot write", &path))?;
    let mut command = Command::new(&binary);
    for (guest, upstream) in pairs {
        command.arg(guest).arg(format!("http://{upstream}"));
    }
    command.stdin(Stdio::null()).stdout(output).stderr(errors);
    let mut process = ServerProcess::spawn(command).map_err(failed("cannot run", &binary))?;
    let text = || String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default()).into_owned();
    let listening = || {
        let text = text();
        let addresses: Vec<_> = text.lines().filter_map(|line| line.parse().ok()).collect();
        (addresses.len() == pairs.len()).then_some(addresses)
    };
    match process.ready(READY_TIMEOUT, listening).await {
        Ok(addresses) => Ok(Servers { addresses, _process: process }),
        Err(reason) => Err(Error::not_ready(reason, "the guests of `wire`", text())),
    }
}
