//! The official conformance tests of the ABI (TCK), from the official Go module, against the
//! server that `serve` runs. The TCK brings its guest and its backend.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::Serialize;

use cargo_http_wasm::hosts::go_build::{self, Program};
use cargo_http_wasm::hosts::server_process::Guard;
use cargo_http_wasm::hosts::{Error, failed};
use cargo_http_wasm::ui;

/// The program that drives it.
const PROGRAM: Program = Program {
    name: "tck",
    source: [
        ("main.go", include_str!("program/main.go")),
        ("go.mod", include_str!("program/go.mod")),
        ("go.sum", include_str!("program/go.sum")),
    ],
};

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// How deep the names of cases are indented, below the transport and the whole.
const CASE: &str = "        --- ";

/// What became of the tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Report {
    /// Every case was run and passed, and the server ended well.
    pub(crate) good: bool,
    /// The cases.
    pub(crate) cases: Vec<Case>,
    /// Everything that was said.
    #[serde(skip)]
    pub(crate) output: String,
}

/// A case of the TCK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Case {
    /// Its name.
    pub(crate) name: String,
    /// Whether it passed.
    pub(crate) passed: bool,
}

impl Report {
    fn read(output: String, ended_well: bool) -> Self {
        let cases: Vec<_> = output
            .lines()
            .filter_map(|line| line.strip_prefix(CASE)?.split_once(": "))
            .map(|(verdict, name)| {
                let name = name.rsplit_once(" (").map_or(name, |(name, _)| name).to_owned();
                Case { name, passed: verdict == "PASS" }
            })
            .collect();
        let good = ended_well && !cases.is_empty() && cases.iter().all(|case| case.passed);
        Self { good, cases, output }
    }

    /// How many cases passed.
    #[must_use]
    pub(crate) fn passed(&self) -> usize {
        self.cases.iter().filter(|case| case.passed).count()
    }

    /// How many did not.
    #[must_use]
    pub(crate) fn failed(&self) -> usize {
        self.cases.len() - self.passed()
    }
}

/// Runs the TCK, built below `tools` if it is not there, against `SERVER serve`.
///
/// # Errors
/// When it cannot be built, or does not end.
pub(crate) async fn run(tools: &Path, server: &Path) -> Result<Report, Error> {
    let binary = go_build::ensure(tools, &PROGRAM)?;
    ui::step("Running", format_args!("the TCK {}", PROGRAM.version()));
    let folder = tempfile::tempdir().map_err(failed("cannot create a folder in", tools))?;
    let path = folder.path().join("output.txt");
    let output = File::create(&path).map_err(failed("cannot create", &path))?;
    let errors = output.try_clone().map_err(failed("cannot write", &path))?;
    let mut command = Command::new(&binary);
    command.arg("-serve").arg(server).arg("-test.v");
    command.stdin(Stdio::null()).stdout(output).stderr(errors);
    let mut process = Guard::spawn(command).map_err(failed("cannot run", &binary))?;
    let text = || String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default()).into_owned();
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = process.ended().map_err(failed("cannot wait for", &binary))? {
            return Ok(Report::read(text(), status.success()));
        }
        if Instant::now() > end {
            return Err(Error::NotReady { seconds: PATIENCE.as_secs(), log: text() });
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
=== RUN   TCK
    Stopping after a termination signal
--- FAIL: TCK (1.54s)
    --- FAIL: TCK/HTTP/1.1 (0.03s)
        --- PASS: TCK/HTTP/1.1/get_method/GET (0.00s)
        --- FAIL: TCK/HTTP/1.1/get_source_addr (0.00s)
            run.go:1: assertion failed
FAIL
";

    #[test]
    fn cases_are_counted_and_one_failure_is_enough() {
        let report = Report::read(OUTPUT.to_owned(), false);
        let names: Vec<_> = report.cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names, ["TCK/HTTP/1.1/get_method/GET", "TCK/HTTP/1.1/get_source_addr"]);
        assert_eq!((report.passed(), report.failed(), report.good), (1, 1, false));
        assert!(!Report::read(OUTPUT.to_owned(), true).good);
        assert!(Report::read(OUTPUT.replace("FAIL", "PASS"), true).good);
        assert!(!Report::read(OUTPUT.replace("FAIL", "PASS"), false).good, "the server crashed");
        assert!(!Report::read("PASS\n".to_owned(), true).good, "nothing run is nothing proven");
    }
}
