//! A host that is a program: it is started once for each deployment, and the first line that it
//! prints is its URL.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use http_wasm_model::exchange::LogEntry;

use crate::hosts::server_process::ServerProcess;
use crate::hosts::{
    Deployment, Error, HostFuture, HostUnderTest, PROCESS_BATCH, RunningHost, failed,
};
use crate::ui;

/// After how many cases in a row for which the program prints nothing the run ends.
const MAX_SILENT: usize = 3;

/// The program.
#[derive(Clone, Debug)]
pub struct CommandHost {
    words: Vec<String>,
    key: String,
    /// How long it may take until it prints where it listens.
    timeout: Duration,
}

/// Not a command that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "found the command {found:?}, wanted a program and its arguments between spaces, with {{guest}} and {{upstream}}, and perhaps {{config}}, among them"
)]
pub struct NotACommand {
    found: String,
}

/// The processes: one for each deployment, or why there is none.
#[derive(Debug)]
struct Running {
    servers: Vec<Result<(SocketAddr, ServerProcess), String>>,
}

impl CommandHost {
    /// A command: words between spaces, of which none is quoted. In them `{guest}` is the path of the
    /// guest, `{config}` that of a file with its configuration, empty for none, and `{upstream}` the
    /// URL of the upstream. `key` is the name that lists use for the host. Within `timeout` it has to
    /// print its URL.
    ///
    /// # Errors
    /// When it has no guest or no upstream.
    pub fn new(command: &str, key: &str, timeout: Duration) -> Result<Self, NotACommand> {
        let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        let has = |what| words.iter().any(|word| word.contains(what));
        if !has("{guest}") || !has("{upstream}") {
            return Err(NotACommand { found: command.to_owned() });
        }
        Ok(Self { words, key: key.to_owned(), timeout })
    }

    async fn serve(
        &self,
        deployment: &Deployment,
        number: usize,
        upstream: SocketAddr,
        folder: &Path,
    ) -> Result<(SocketAddr, ServerProcess), Error> {
        let config = folder.join(format!("config{number}"));
        let contents = deployment.config.clone().unwrap_or_default();
        fs::write(&config, contents).map_err(failed("cannot write", &config))?;
        let output = folder.join(format!("output{number}.txt"));
        let errors = folder.join(format!("errors{number}.txt"));
        let create = |path: &PathBuf| File::create(path).map_err(failed("cannot create", path));
        let mut words = self.words.iter().map(|word| {
            word.replace("{guest}", &deployment.wasm.to_string_lossy())
                .replace("{config}", &config.to_string_lossy())
                .replace("{upstream}", &format!("http://{upstream}"))
        });
        let program = PathBuf::from(words.next().unwrap_or_default());
        let mut command = Command::new(&program);
        command.args(words).stdin(Stdio::null());
        command.stdout(create(&output)?).stderr(create(&errors)?);
        let mut process = ServerProcess::spawn(command).map_err(failed("cannot run", &program))?;
        let said = || {
            let read = |path| fs::read_to_string(path).unwrap_or_default();
            format!("{}{}", read(&output), read(&errors))
        };
        let first_line = || {
            let text = fs::read_to_string(&output).unwrap_or_default();
            text.split_once('\n').map(|(line, _)| line.to_owned())
        };
        let line = process
            .ready(self.timeout, first_line)
            .await
            .map_err(|reason| Error::not_ready(reason, &deployment.guest, said()))?;
        let address = line.trim().trim_end_matches('/').strip_prefix("http://");
        match address.and_then(|address| address.parse().ok()) {
            Some(address) => Ok((address, process)),
            None => Err(Error::Rejected {
                guest: deployment.guest.clone(),
                reason: format!(
                    "the first line of the host is {line:?}, wanted http://ADDRESS:PORT"
                ),
            }),
        }
    }
}

impl HostUnderTest for CommandHost {
    fn key(&self) -> &str {
        &self.key
    }

    fn describe(&self) -> String {
        self.words.join(" ")
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
            let mut silent = 0;
            for (number, deployment) in deployments.iter().enumerate() {
                let server = match self.serve(deployment, number, upstream, folder).await {
                    Ok(server) => Ok(server),
                    Err(Error::Rejected { reason, .. }) => Err(reason),
                    Err(error @ Error::NotReady { .. }) => {
                        ui::warn(format_args!("{}: {error}", deployment.guest));
                        silent += 1;
                        if silent == MAX_SILENT {
                            return Err(error);
                        }
                        servers.push(Err(error.to_string()));
                        continue;
                    }
                    Err(error) => return Err(error),
                };
                silent = 0;
                servers.push(server);
            }
            Ok(Box::new(Running { servers }) as Box<dyn RunningHost>)
        })
    }
}

impl RunningHost for Running {
    fn address(&self, deployment: usize) -> SocketAddr {
        match &self.servers[deployment] {
            Ok((address, _)) => *address,
            Err(reason) => unreachable!("a refused deployment is not asked: {reason}"),
        }
    }

    fn refused(&self, deployment: usize) -> Option<&str> {
        self.servers[deployment].as_ref().err().map(String::as_str)
    }

    fn logs(&mut self, _: usize) -> HostFuture<'_, Option<Vec<LogEntry>>> {
        Box::pin(std::future::ready(None))
    }
}
