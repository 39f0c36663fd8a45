//! Runs the official conformance kit of the ABI (TCK), from the official Go library, against the
//! server that `serve` runs. The TCK has its own guest and upstream.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use http_wasm_testkit::report::Counts;
use serde::Serialize;

use cargo_http_wasm::cleanup::TempFolder;
use cargo_http_wasm::hosts::go_build::{self, Program};
use cargo_http_wasm::hosts::server_process::ServerProcess;
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

/// How long the whole kit may take.
const RUN_TIMEOUT: Duration = Duration::from_secs(120);
/// The start of a line with the result of a case.
const CASE: &str = "        --- ";

/// The result of the kit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Report {
    /// Whether cases were run, all of them passed, and the server ended without an error.
    pub(crate) good: bool,
    /// How many cases ended how.
    pub(crate) counts: Counts,
    /// The cases.
    pub(crate) cases: Vec<Case>,
    /// Everything that was printed.
    #[serde(skip)]
    pub(crate) output: String,
}

/// A case of the TCK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Case {
    /// Its name.
    pub(crate) name: String,
    /// `passed` or `failed`.
    pub(crate) verdict: &'static str,
}

impl Report {
    fn read(output: String, ended_well: bool) -> Self {
        let cases: Vec<_> = output
            .lines()
            .filter_map(|line| line.strip_prefix(CASE)?.split_once(": "))
            .map(|(verdict, name)| {
                let name = name.rsplit_once(" (").map_or(name, |(name, _)| name).to_owned();
                Case { name, verdict: if verdict == "PASS" { "passed" } else { "failed" } }
            })
            .collect();
        let passed = cases.iter().filter(|case| case.verdict == "passed").count();
        let counts = Counts { passed, failed: cases.len() - passed, ..Counts::default() };
        Self { good: ended_well && counts.good(), counts, cases, output }
    }
}

/// Runs the TCK against `SERVER serve`; builds it below `tools` if it is missing.
///
/// # Errors
/// When it cannot be built, or does not end.
pub(crate) async fn run(tools: &Path, server: &Path) -> Result<Report, Error> {
    let binary = go_build::ensure(tools, &PROGRAM)?;
    ui::step("Running", format_args!("the TCK {}", PROGRAM.version()));
    let folder =
        TempFolder::new("http-wasm-xtask-").map_err(failed("cannot create a folder in", tools))?;
    let path = folder.path().join("output.txt");
    let output = File::create(&path).map_err(failed("cannot create", &path))?;
    let errors = output.try_clone().map_err(failed("cannot write", &path))?;
    let mut command = Command::new(&binary);
    command.arg("-serve").arg(server).arg("-test.v");
    command.stdin(Stdio::null()).stdout(output).stderr(errors);
    let mut process = ServerProcess::spawn(command).map_err(failed("cannot run", &binary))?;
    let text = || String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default()).into_owned();
    let end = Instant::now() + RUN_TIMEOUT;
    loop {
        if let Some(status) = process.ended().map_err(failed("cannot wait for", &binary))? {
            return Ok(Report::read(text(), status.success()));
        }
        if Instant::now() > end {
            return Err(Error::NotReady { seconds: RUN_TIMEOUT.as_secs_f32(), log: text() });
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
        assert_eq!((report.counts.passed, report.counts.failed, report.good), (1, 1, false));
        assert!(!Report::read(OUTPUT.to_owned(), true).good);
        assert!(Report::read(OUTPUT.replace("FAIL", "PASS"), true).good);
        assert!(!Report::read(OUTPUT.replace("FAIL", "PASS"), false).good, "the server crashed");
        assert!(
            !Report::read("PASS\n".to_owned(), true).good,
            "a run without cases proves nothing"
        );
    }
}
