//! The reference host as a server on real HTTP: what `serve` runs, in this process, so that each
//! log message of a guest is known.

#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use http_wasm_abi::Phase;
use http_wasm_host::engine::Options;
use http_wasm_host::layer::Event;
use http_wasm_model::exchange::LogEntry;

use super::driver::{Deployment, Host, HostFuture, HostUnderTest, RunningHost};
use super::error::Error;
use crate::serve::{self, Guest, LoadOptions, Loader, Server, Upstream};
use crate::{http_probe, replay};

/// Its entry in the list of hosts.
pub(super) const HOST: Host = Host {
    name: "layer",
    about: "The reference host's own server, what `serve` runs",
    install: |_| Ok(Box::new(LayerHost::default())),
};

/// The driver of the reference host's server.
#[derive(Clone, Debug, Default)]
pub struct LayerHost {
    engine: Options,
}

/// The servers: one for each deployment.
#[derive(Debug)]
struct Running {
    servers: Vec<(Server, Shared)>,
}

type Shared = Arc<Mutex<Records>>;

/// The events of a guest since they were last taken.
#[derive(Debug, Default)]
struct Records {
    logs: Vec<LogEntry>,
    traps: Vec<(Phase, String)>,
}

impl LayerHost {
    /// A host whose engine has these options.
    #[must_use]
    pub const fn new(engine: Options) -> Self {
        Self { engine }
    }

    async fn serve(
        &self,
        deployment: &Deployment,
        upstream: SocketAddr,
    ) -> Result<(Server, Shared), serve::Error> {
        let records = Shared::default();
        let guest = Guest {
            wasm: deployment.wasm.clone(),
            config: deployment.config.clone().unwrap_or_default(),
            log: deployment.log,
        };
        let observer = {
            let records = Arc::clone(&records);
            move |event: Event<'_>| match event {
                Event::Log(entry) => lock(&records).logs.push(entry.clone()),
                Event::Trap(phase, trap) => lock(&records).traps.push((phase, trap.to_string())),
                _ => {}
            }
        };
        // What is compared is what a guest logs, and not how fast it is.
        let log_rate = Some(u32::MAX);
        let grants = replay::grants(&deployment.surroundings);
        let engine = Options { grants, ..self.engine.clone() };
        let options = LoadOptions { engine, log_rate, ..LoadOptions::default() };
        let layer = Loader::new(options)?.load(&guest, observer)?;
        // An upstream that does not respond is part of the test.
        let upstream = Upstream::server(upstream).quiet();
        let address = (Ipv4Addr::LOCALHOST, 0).into();
        let server = Server::start(address, &[layer], upstream).await?;
        // What was logged at the start belongs to no exchange.
        lock(&records).logs.clear();
        Ok((server, records))
    }
}

impl HostUnderTest for LayerHost {
    fn key(&self) -> &str {
        HOST.name
    }

    fn gives_surroundings(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        format!("the reference host's server, profile {}", self.engine.profile)
    }

    fn start<'a>(
        &'a self,
        deployments: &'a [Deployment],
        upstream: SocketAddr,
        _: &'a Path,
    ) -> HostFuture<'a, Result<Box<dyn RunningHost>, Error>> {
        Box::pin(async move {
            let mut servers = Vec::new();
            for deployment in deployments {
                let rejected = |error: serve::Error| Error::Rejected {
                    guest: deployment.guest.clone(),
                    reason: error.to_string(),
                };
                servers.push(self.serve(deployment, upstream).await.map_err(rejected)?);
            }
            Ok(Box::new(Running { servers }) as Box<dyn RunningHost>)
        })
    }
}

impl RunningHost for Running {
    fn route(&self, _: usize, request: &mut http_probe::Request) -> Result<(), String> {
        if http_probe::is_uri(&request.uri) {
            return Ok(());
        }
        Err(format!(
            "hyper, which the server is built on, answers 400 to the target {:?}, which is no URI",
            request.uri
        ))
    }

    fn address(&self, deployment: usize) -> SocketAddr {
        self.servers[deployment].0.address()
    }

    fn logs(&mut self, deployment: usize) -> HostFuture<'_, Option<Vec<LogEntry>>> {
        // The guest is done before the head of the response leaves, or the connection breaks.
        let logs = std::mem::take(&mut lock(&self.servers[deployment].1).logs);
        Box::pin(std::future::ready(Some(logs)))
    }

    fn traps(&mut self, deployment: usize) -> Vec<(Phase, String)> {
        std::mem::take(&mut lock(&self.servers[deployment].1).traps)
    }
}

fn lock(records: &Shared) -> std::sync::MutexGuard<'_, Records> {
    records.lock().unwrap_or_else(PoisonError::into_inner)
}
