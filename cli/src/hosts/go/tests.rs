//! The real Go host with a hand-written guest. Builds the host when it is not there.

use std::path::Path;

use http_wasm_testkit::report::{GuestReport, Verdict};

use super::*;
use crate::hosts::fixture::{self, GUEST, ODD_TARGETS, PASSING};

/// What comes after the exchanges that pass everywhere.
const EXCHANGES: &str = r#"
[[exchange]]
name = "trap in the request hook"
request = { headers = { x-trap = "yes" } }
expect = { trap = true, upstream = false, response = { status = 500 }, logs = [{ level = "debug", message = "" }] }

[[exchange]]
name = "trap in the response hook"
request = { headers = { x-trap = "later" } }
expect = { trap = true, upstream = true }

[[exchange]]
name = "wrong"
expect = { response = { status = 404 }, logs = [] }
"#;

fn replay(folder: &Path, guest: &str) -> Result<Vec<GuestReport>, Error> {
    let host = GoHost::install(&fixture::tools()).unwrap();
    fixture::replay(&host, folder, guest, &[PASSING, ODD_TARGETS, EXCHANGES].concat())
}

#[test]
fn exchanges_pass_and_fail() {
    let folder = tempfile::tempdir().unwrap();
    let reports = replay(folder.path(), &GUEST).unwrap();
    let [exchanges @ .., wrong] = reports[0].exchanges.as_slice() else { unreachable!() };
    for exchange in exchanges {
        assert_eq!(exchange.verdict, Verdict::Passed, "{}", exchange.name);
        assert_eq!(exchange.not_compared, None);
    }
    let wanted = [
        "response.status: wanted 404, found 200",
        "logs: wanted none, found [debug \"\", warn \"in response\"]",
    ];
    assert_eq!(fixture::mismatches(&wrong.verdict), wanted);
    for number in 0..2 {
        let mut output =
            Output { path: folder.path().join(format!("host/output{number}.txt")), read: 0 };
        let address = output.until(|line| line["listening"].as_str().map(str::to_owned)).unwrap();
        assert!(std::net::TcpStream::connect(&address).is_err(), "{address} still answers");
    }
}

#[test]
fn a_guest_that_cannot_be_loaded_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = replay(folder.path(), "(module)").unwrap_err().to_string();
    assert!(text.starts_with("the host rejects the guest `hand`: error: wasm: "), "{text}");
    assert!(text.contains("handle_request"), "{text}");
}

#[test]
fn what_a_guest_prints_is_logged_line_by_line() {
    let mut text = String::from("a\nb\r\n\nc");
    assert_eq!(lines(&mut text, false).collect::<Vec<_>>(), ["a", "b\r", ""]);
    assert_eq!(text, "c");
    assert_eq!(lines(&mut text, false).count(), 0);
    assert_eq!(lines(&mut text, true).collect::<Vec<_>>(), ["c"]);
    assert_eq!(lines(&mut text, true).count(), 0);
}

#[test]
fn the_version_is_that_of_the_module_file() {
    assert_eq!(PROGRAM.version(), "v0.7.0");
}

#[test]
fn guests_are_given_the_environment_of_their_exchanges() {
    let folder = tempfile::tempdir().unwrap();
    let [guest, exchanges] = fixture::WITH_ENVIRONMENT;
    let reports = fixture::replay(
        &GoHost::install(&fixture::tools()).unwrap(),
        folder.path(),
        guest,
        exchanges,
    )
    .unwrap();
    assert_eq!(reports[0].exchanges[0].verdict, Verdict::Passed);
}
