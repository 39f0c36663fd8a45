//! Measures the cost per request of the official Go host: a Go program that runs it in its own
//! process, without a network.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::Error;
use cargo_http_wasm::hosts::go_build::{self, Program};
use cargo_http_wasm::process;

/// The program that measures.
const PROGRAM: Program = Program {
    name: "go-bench",
    source: [
        ("main.go", include_str!("program/main.go")),
        ("go.mod", include_str!("program/go.mod")),
        ("go.sum", include_str!("program/go.sum")),
    ],
};

/// What is measured: a handler alone, and with guests around it, in turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The guest; it may respond itself.
    pub(crate) guest: PathBuf,
    /// Its configuration, if there is one.
    pub(crate) config: Option<String>,
    /// The number of guests around the handler, one around the other.
    pub(crate) chain: usize,
    /// The size of the bodies of request and response, in bytes. With 0, requests are GETs.
    pub(crate) body: usize,
    /// Requests in a round.
    pub(crate) iterations: usize,
    /// Requests before the first round.
    pub(crate) warm_up: usize,
    /// Rounds of each case.
    pub(crate) rounds: usize,
    /// How many processors Go may use at once.
    pub(crate) processors: usize,
    /// The processor that it is pinned to, through `taskset`; `None` for any.
    pub(crate) cpu: Option<usize>,
}

impl Plan {
    /// A guest once, without bodies, on one processor, for a second or so.
    #[must_use]
    pub(crate) fn new(guest: impl Into<PathBuf>) -> Self {
        Self {
            guest: guest.into(),
            config: None,
            chain: 1,
            body: 0,
            iterations: 20_000,
            warm_up: 2_000,
            rounds: 5,
            processors: 1,
            cpu: None,
        }
    }
}

/// Which handler was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Case {
    /// The handler without guests.
    Alone,
    /// The handler with the guests around it.
    Guest,
}

/// One round of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cost {
    /// Which handler.
    pub(crate) case: Case,
    /// The round, from 1.
    pub(crate) round: usize,
    /// Nanoseconds, on average.
    pub(crate) ns_per_request: f64,
    /// Allocations in Go's heap, on average.
    pub(crate) allocs_per_request: f64,
    /// Bytes allocated there, on average.
    pub(crate) bytes_per_request: f64,
}

/// The program, installed.
#[derive(Debug)]
pub(crate) struct GoBench {
    binary: PathBuf,
}

impl GoBench {
    /// The program on the pinned Go host, built below `tools` if it is not there.
    ///
    /// # Errors
    /// When it cannot be built.
    pub(crate) fn install(tools: &Path) -> Result<Self, Error> {
        Ok(Self { binary: go_build::ensure(tools, &PROGRAM)? })
    }

    /// The version of the host.
    #[must_use]
    pub(crate) fn version(&self) -> &'static str {
        PROGRAM.version()
    }

    /// A server of the same handler, alone or with a guest around it, which prints its URL: for a load
    /// over TCP. Its responses have five bytes.
    #[must_use]
    pub(crate) fn server(&self, guest: Option<&Path>, cpu: Option<usize>) -> Command {
        let mut command = process::pinned(&self.binary, cpu);
        command.args(["-serve", "-body", "5"]);
        match guest {
            Some(guest) => command.arg("-guest").arg(guest),
            None => command.args(["-chain", "0"]),
        };
        command
    }

    /// Measures, and waits until that is done.
    ///
    /// # Errors
    /// When the guest cannot be measured.
    pub(crate) fn measure(&self, plan: &Plan) -> Result<Vec<Cost>, Error> {
        let mut command = process::pinned(&self.binary, plan.cpu);
        command.arg("-guest").arg(&plan.guest);
        command.arg("-config").arg(plan.config.as_deref().unwrap_or_default());
        for (name, number) in [
            ("-chain", plan.chain),
            ("-body", plan.body),
            ("-iterations", plan.iterations),
            ("-warm-up", plan.warm_up),
            ("-rounds", plan.rounds),
            ("-cpus", plan.processors),
        ] {
            command.arg(name).arg(number.to_string());
        }
        let output = process::run(&mut command).map_err(Error::Run)?;
        let costs = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
        costs.collect::<Result<_, _>>().map_err(|error| Error::Io {
            what: "found no measurements in what was printed by",
            path: self.binary.clone(),
            source: error.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpStream;
    use std::process::Stdio;

    use super::*;
    use crate::bench::Spread;
    use crate::testing;

    #[test]
    fn both_cases_are_measured_and_a_guest_costs_something() {
        let folder = tempfile::tempdir().unwrap();
        let wasm = folder.path().join("guest.wasm");
        std::fs::write(&wasm, testing::guest()).unwrap();
        let bench = GoBench::install(&testing::tools()).unwrap();
        let plan = Plan {
            chain: 2,
            body: 10,
            iterations: 100,
            warm_up: 10,
            rounds: 3,
            ..Plan::new(&wasm)
        };
        let costs = bench.measure(&plan).unwrap();
        assert_eq!(costs.len(), 6);
        let median = |case| {
            let costs = costs.iter().filter(|cost| cost.case == case);
            Spread::of(costs.map(|cost| cost.ns_per_request)).median
        };
        assert!(median(Case::Alone) < median(Case::Guest), "{costs:?}");

        std::fs::write(&wasm, wat::parse_str("(module)").unwrap()).unwrap();
        let error = bench.measure(&plan).unwrap_err().to_string();
        assert!(error.contains("handle_request"), "{error}");

        // A guest that stops a request without a status, which is 200, and one that traps.
        let wat = |body| {
            format!(
                r#"(module (memory (export "memory") 1)
                (func (export "handle_response") (param i32 i32))
                (func (export "handle_request") (result i64) {body}))"#
            )
        };
        std::fs::write(&wasm, wat::parse_str(wat("(i64.const 0)")).unwrap()).unwrap();
        bench.measure(&plan).unwrap();
        std::fs::write(&wasm, wat::parse_str(wat("unreachable")).unwrap()).unwrap();
        let error = bench.measure(&plan).unwrap_err().to_string();
        assert!(error.contains("found status 500"), "{error}");
    }

    #[test]
    fn the_server_answers_alone_and_through_a_guest() {
        let folder = tempfile::tempdir().unwrap();
        let wasm = folder.path().join("guest.wasm");
        std::fs::write(&wasm, testing::guest()).unwrap();
        let bench = GoBench::install(&testing::tools()).unwrap();
        for guest in [None, Some(wasm.as_path())] {
            let mut command = bench.server(guest, None);
            let mut server = command.stdout(Stdio::piped()).spawn().unwrap();
            let mut line = String::new();
            BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
            let address = line.trim().strip_prefix("http://").unwrap();
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            server.kill().unwrap();
            server.wait().unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
            assert!(answer.ends_with("\r\n\r\nyyyyy"), "{answer}");
            assert_eq!(answer.contains("X-Guest: yes\r\n"), guest.is_some(), "{answer}");
        }
    }
}
