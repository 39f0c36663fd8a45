//! What a host has to offer: an entry for the list of hosts, a driver, and a running host.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use http_wasm_abi::{LogLevel, Phase};
use http_wasm_model::exchange::LogEntry;
use http_wasm_testkit::recorded::Surroundings;

use super::error::Error;
use crate::http_probe;

/// A host that this tool can install and start.
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// Its name, on the command line and in recorded exchanges.
    pub name: &'static str,
    /// What it is and what it needs, in a line.
    pub about: &'static str,
    /// Gives its driver; installs it below the folder of tools if it is missing.
    pub install: fn(tools: &Path) -> Result<Box<dyn HostUnderTest>, Error>,
}

/// How many guests a host is started with at once that runs each in a process of its own.
pub const PROCESS_BATCH: usize = 24;

/// A guest with a configuration: what one middleware of a host is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// The guest's name, for messages.
    pub guest: String,
    /// The guest's file.
    pub wasm: PathBuf,
    /// Its configuration, if it has one.
    pub config: Option<Vec<u8>>,
    /// What it is given besides requests.
    pub surroundings: Surroundings,
    /// Messages below this level are not logged, where the host has such a setting.
    pub log: LogLevel,
}

/// The future that a method of a host returns; it stays on the thread that made it.
pub type HostFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A real host, installed and not running.
pub trait HostUnderTest {
    /// The name that recorded exchanges use for it.
    fn key(&self) -> &str;

    /// Its name and version, for people.
    fn describe(&self) -> String;

    /// The number of guests that it is started with at once; all of them by default.
    fn batch(&self) -> usize {
        usize::MAX
    }

    /// Why it cannot pass on this configuration, if it cannot.
    fn refuses(&self, _config: Option<&[u8]>) -> Option<String> {
        None
    }

    /// Whether it gives guests the surroundings that their exchanges were recorded with.
    fn gives_surroundings(&self) -> bool {
        false
    }

    /// Starts it with all deployments at once in front of the upstream, and waits until it is
    /// ready. `folder` is empty and belongs to this start alone.
    ///
    /// # Errors
    /// When it does not start, or refuses a guest.
    fn start<'a>(
        &'a self,
        deployments: &'a [Deployment],
        upstream: SocketAddr,
        folder: &'a Path,
    ) -> HostFuture<'a, Result<Box<dyn RunningHost>, Error>>;
}

/// A running host; it stops when this is dropped.
pub trait RunningHost {
    /// Where requests for a deployment go.
    fn address(&self, deployment: usize) -> SocketAddr;

    /// Why the host does not run this deployment, although it runs others.
    fn refused(&self, _deployment: usize) -> Option<&str> {
        None
    }

    /// Changes a request so that it reaches this deployment, where the address does not suffice.
    ///
    /// # Errors
    /// The reason why this request cannot be sent there.
    fn route(&self, _deployment: usize, _request: &mut http_probe::Request) -> Result<(), String> {
        Ok(())
    }

    /// What the guest of this deployment logged in the exchange that has just ended; `None` when
    /// that cannot be known.
    fn logs(&mut self, deployment: usize) -> HostFuture<'_, Option<Vec<LogEntry>>>;

    /// The hooks of this deployment's guest that have trapped since the last call, and why, as far
    /// as the host reports it. Complete once [`Self::logs`] has returned.
    fn traps(&mut self, _deployment: usize) -> Vec<(Phase, String)> {
        Vec::new()
    }
}
