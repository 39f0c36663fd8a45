//! The reference host as a server on real HTTP: what `serve` runs, in this process, so that the
//! guests' logs are known to the message.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use http_wasm_abi::Phase;
use http_wasm_host::layer::Event;
use http_wasm_model::Profile;
use http_wasm_model::exchange::LogEntry;

use super::{Error, HostUnderTest, Place, RunningHost};
use crate::serve::{self, Guest, Origin, Server};

/// The host.
#[derive(Clone, Copy, Debug, Default)]
pub struct LayerHost {
    profile: Profile,
}

/// Its servers: one for each place.
#[derive(Debug)]
pub struct Running {
    servers: Vec<(Server, Shared)>,
}

type Shared = Arc<Mutex<Records>>;

/// What a guest has told since it was last asked.
#[derive(Debug, Default)]
struct Records {
    logs: Vec<LogEntry>,
    traps: Vec<(Phase, String)>,
}

impl LayerHost {
    /// A host with the semantics of this profile.
    #[must_use]
    pub const fn new(profile: Profile) -> Self {
        Self { profile }
    }
}

impl Running {
    /// The hooks of this place's guest that have trapped since the last time, and why.
    pub fn traps(&mut self, place: usize) -> Vec<(Phase, String)> {
        std::mem::take(&mut lock(&self.servers[place].1).traps)
    }
}

impl HostUnderTest for LayerHost {
    type Running = Running;

    fn key(&self) -> &str {
        "layer"
    }

    fn describe(&self) -> String {
        format!("the reference host's server, profile {}", self.profile)
    }

    async fn start(
        &self,
        places: &[Place],
        upstream: SocketAddr,
        _: &Path,
    ) -> Result<Running, Error> {
        let mut servers = Vec::new();
        for place in places {
            let records = Shared::default();
            let to = Arc::clone(&records);
            let config = place.config.clone().unwrap_or_default();
            let guest = Guest { wasm: place.wasm.clone(), config, log: place.log };
            let refused = |error: serve::Error| Error::Refused {
                guest: place.guest.clone(),
                reason: error.to_string(),
            };
            let layer = serve::load(&guest, self.profile, move |event| match event {
                Event::Log(entry) => lock(&to).logs.push(entry.clone()),
                Event::Trap(phase, trap) => lock(&to).traps.push((phase, trap.to_string())),
                _ => {}
            })
            .map_err(refused)?;
            // An upstream that does not answer does so on purpose.
            let origin = Origin::server(upstream).quiet();
            let address = (Ipv4Addr::LOCALHOST, 0).into();
            let server = Server::start(address, &[layer], origin).await.map_err(refused)?;
            // What was logged at the start belongs to no exchange.
            lock(&records).logs.clear();
            servers.push((server, records));
        }
        Ok(Running { servers })
    }
}

impl RunningHost for Running {
    fn address(&self, place: usize) -> SocketAddr {
        self.servers[place].0.address()
    }

    async fn logs(&mut self, place: usize) -> Option<Vec<LogEntry>> {
        // The guest is done before the head of the response leaves, or the connection breaks.
        Some(std::mem::take(&mut lock(&self.servers[place].1).logs))
    }
}

fn lock(records: &Shared) -> std::sync::MutexGuard<'_, Records> {
    records.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::fixture::{self, GUEST, PASSING};
    use crate::hosts::replay::Verdict;

    /// What comes after the exchanges that pass everywhere.
    const EXCHANGES: &str = r#"
[[exchange]]
name = "trap in the request hook"
request = { headers = { x-trap = "yes" } }
expect = { trap = true, upstream = false, response = { status = 500, body = "internal server error" }, logs = [{ level = "debug", message = "" }] }

[[exchange]]
name = "trap in the response hook"
request = { headers = { x-trap = "later" } }
expect = { trap = true, upstream = true, logs = [{ level = "debug", message = "" }, { level = "warn", message = "in response" }] }

[[exchange]]
name = "wrong"
expect = { response = { status = 404 } }
"#;

    #[test]
    fn exchanges_pass_and_fail() {
        let folder = tempfile::tempdir().unwrap();
        let host = LayerHost::default();
        let all = [PASSING, EXCHANGES].concat();
        let reports = fixture::replay(&host, folder.path(), GUEST, &all).unwrap();
        let [exchanges @ .., wrong] = reports[0].exchanges.as_slice() else { unreachable!() };
        assert_eq!(exchanges.len(), 4);
        for exchange in exchanges {
            assert_eq!(exchange.verdict, Verdict::Passed, "{}", exchange.name);
            assert_eq!(exchange.not_compared, None);
        }
        let wanted = ["response.status: wanted 404, found 200"];
        assert_eq!(wrong.verdict, Verdict::Failed(wanted.map(str::to_owned).to_vec()));
    }

    #[test]
    fn a_guest_that_cannot_be_loaded_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let host = LayerHost::default();
        let error = fixture::replay(&host, folder.path(), "(module)", EXCHANGES).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("the host does not take the guest `hand`: "), "{text}");
        assert!(text.contains("does not export"), "{text}");
    }
}
