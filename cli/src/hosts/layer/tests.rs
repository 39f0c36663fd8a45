//! The reference host with a hand-written guest.

use std::path::Path;

use http_wasm_testkit::recorded;
use http_wasm_testkit::report::Verdict;

use super::*;
use crate::hosts::fixture::{self, GUEST, ODD_TARGETS, PASSING};
use crate::hosts::replay::{self, GuestUnderTest};
use crate::http_probe::client;
use crate::http_probe::upstream::RecordingUpstream;

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
    let reports = fixture::replay(&host, folder.path(), &GUEST, &all).unwrap();
    let [exchanges @ .., wrong] = reports[0].exchanges.as_slice() else { unreachable!() };
    assert_eq!(exchanges.len(), 4);
    for exchange in exchanges {
        assert_eq!(exchange.verdict, Verdict::Passed, "{}", exchange.name);
        assert_eq!(exchange.not_compared, None);
    }
    let wanted = ["response.status: wanted 404, found 200"];
    assert_eq!(fixture::mismatches(&wrong.verdict), wanted);
}

#[test]
fn targets_that_the_server_refuses_are_skipped_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let host = LayerHost::default();
    let reports = fixture::replay(&host, folder.path(), &GUEST, ODD_TARGETS).unwrap();
    for exchange in &reports[0].exchanges {
        let Verdict::Skipped { reason } = &exchange.verdict else { panic!("{exchange:?}") };
        assert!(reason.contains("answers 400 to the target"), "{reason}");
    }
    // The server does so, and whoever changes that takes the skip away.
    let uri = "/?q=<script>".to_owned();
    let request = http_probe::Request { uri, ..http_probe::Request::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let status = runtime.block_on(async {
        let server = Server::start((Ipv4Addr::LOCALHOST, 0).into(), &[], Upstream::echo());
        let server = server.await.unwrap();
        client::send(server.address(), &request).await.unwrap().unwrap().status
    });
    assert_eq!(status, 400);
}

#[test]
fn a_guest_that_cannot_be_loaded_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let host = LayerHost::default();
    let error = fixture::replay(&host, folder.path(), "(module)", EXCHANGES).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("the host rejects the guest `hand`: "), "{text}");
    assert!(text.contains("export memory: is missing"), "{text}");
}

#[test]
fn a_guest_that_is_refused_at_the_start_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let guest = |name: &str, text: &str| {
        let wasm = folder.path().join(format!("{name}.wasm"));
        std::fs::write(&wasm, wat::parse_str(text).unwrap()).unwrap();
        let exchanges = recorded::parse(PASSING, Path::new("exchanges.toml")).unwrap();
        GuestUnderTest { name: name.to_owned(), wasm, exchanges }
    };
    let guests = [guest("first", &GUEST), guest("bad", "(module)"), guest("last", &GUEST)];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut reports = Vec::new();
    runtime
        .block_on(async {
            let upstream = RecordingUpstream::start().await.unwrap();
            let (host, home) = (LayerHost::default(), folder.path().join("host"));
            let done = |report| reports.push(report);
            replay::replay_each(&host, &guests, &home, &upstream, client::TIMEOUT, done).await
        })
        .unwrap();
    let counts: Vec<_> =
        reports.iter().map(|report| (report.counts.passed, report.counts.failed)).collect();
    assert_eq!(counts, [(2, 0), (0, 2), (2, 0)]);
    let found = fixture::mismatches(&reports[1].exchanges[0].verdict).remove(0);
    assert!(found.starts_with("guest: wanted that the host runs it, found "), "{found}");
    assert!(found.contains("export memory: is missing"), "{found}");
}

#[test]
fn guests_are_given_the_environment_of_their_exchanges() {
    let folder = tempfile::tempdir().unwrap();
    let [guest, exchanges] = fixture::WITH_ENVIRONMENT;
    let reports = fixture::replay(&LayerHost::default(), folder.path(), guest, exchanges).unwrap();
    assert_eq!(reports[0].exchanges[0].verdict, Verdict::Passed);
}
