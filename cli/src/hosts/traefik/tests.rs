//! The real Traefik with a hand-written guest: what is expected passes, what is not is reported,
//! and Traefik is gone afterwards. Installs Traefik when it is not there.

use std::path::Path;

use http_wasm_testkit::report::{Counts, GuestReport, Verdict};

use super::*;
use crate::hosts::fixture::{self, GUEST};

const EXCHANGES: &str = r#"
[[exchange]]
name = "good"
[exchange.request]
method = "POST"
uri = "/a//b/../c?x=%20y&z"
headers = { host = "example.test", x-forwarded-for = "192.0.2.1", x-guest = "before" }
body = "hello"
[exchange.upstream]
status = 201
headers = { set-cookie = ["a=1", "b=2"], x-guest = "upstream" }
body = "made"
[exchange.expect]
upstream = { method = "POST", uri = "/a//b/../c?x=%20y&z", headers = { host = "example.test", x-guest = ["before", "yes"], content-length = "5" }, body = "hello" }
response = { status = 201, headers = { set-cookie = ["a=1", "b=2"], x-guest = ["yes", "upstream"], x-no = false }, body = "made" }
logs = [{ level = "debug", message = "{}" }, { level = "warn", message = "in response" }]

[[exchange]]
name = "config"
config = '{"who": "{{ world }}", "n": [1, 2], "on": true}'
[exchange.expect]
logs = [{ level = "debug", message = '{"n":[1,2],"on":"true","who":"{{ world }}"}' }, { level = "warn", message = "in response" }]

# Traefik itself, guest or not, loses the trailers of a request.
[[exchange]]
name = "chunked"
request = { method = "PUT", body = { repeat = "abc", times = 10000 }, chunked = true, trailers = { x-sum = "1" } }
upstream = { body = { repeat = "xyz", times = 10000 }, chunked = true, trailers = { x-end = "2" } }
expect = { upstream = { body = { repeat = "abc", times = 10000 }, trailers = { x-sum = false } }, response = { body = { repeat = "xyz", times = 10000 }, headers = { content-length = false }, trailers = { x-end = "2" } } }

[[exchange]]
name = "wrong"
[exchange.expect]
upstream = { headers = { x-guest = "no" } }
response = { status = 404 }
logs = []

[[exchange]]
name = "trap in the request hook"
request = { headers = { x-trap = "yes" } }
expect = { trap = true, upstream = false, response = { status = 500 } }

[[exchange]]
name = "trap in the response hook"
request = { headers = { x-trap = "later" } }
expect = { trap = true, upstream = true }

[[exchange]]
name = "trap that nobody expects"
request = { headers = { x-trap = "later" } }

[[exchange]]
name = "not JSON"
config = "text"

[[exchange]]
name = "left out"
skip = { traefik = "because" }
"#;

fn replay(folder: &Path, guest: &str, exchanges: &str) -> Result<Vec<GuestReport>, Error> {
    let traefik = Traefik::install(&fixture::tools()).unwrap();
    fixture::replay(&traefik, folder, guest, exchanges)
}

#[test]
fn exchanges_pass_fail_and_are_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let reports = replay(folder.path(), &GUEST, EXCHANGES).unwrap();
    let of = |name: &str| {
        let exchange = reports[0].exchanges.iter().find(|exchange| exchange.name == name).unwrap();
        assert_eq!(exchange.not_compared, None, "{name}");
        exchange.verdict.clone()
    };
    for name in
        ["good", "config", "chunked", "trap in the request hook", "trap in the response hook"]
    {
        assert_eq!(of(name), Verdict::Passed, "{name}");
    }
    let wrong = [
        "upstream.headers.x-guest: wanted \"no\", found \"yes\"",
        "response.status: wanted 404, found 200",
        "logs: wanted none, found [debug \"{}\", warn \"in response\"]",
    ];
    assert_eq!(fixture::mismatches(&of("wrong")), wrong);
    let broke = "response: wanted one, found none: the connection broke";
    assert_eq!(fixture::mismatches(&of("trap that nobody expects")), [broke]);
    let no_json = "Traefik passes on a JSON object, and this config is not one".to_owned();
    assert_eq!(of("not JSON"), Verdict::Skipped { reason: no_json });
    assert_eq!(of("left out"), Verdict::Skipped { reason: "because".to_owned() });
    assert_eq!(reports[0].counts, Counts { passed: 5, failed: 2, skipped: 2, ..Counts::default() });

    // It answered on these addresses; now nobody does.
    let fixed = fs::read(folder.path().join("host/traefik.yml")).unwrap();
    let fixed: Value = serde_json::from_slice(&fixed).unwrap();
    for entry_point in fixed["entryPoints"].as_object().unwrap().values() {
        let address: SocketAddr = entry_point["address"].as_str().unwrap().parse().unwrap();
        assert!(std::net::TcpStream::connect(address).is_err(), "{address} still answers");
    }
}

#[test]
fn a_guest_that_cannot_be_loaded_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let guest = r#"(module
      (import "http_handler" "no_such_function" (func))
      (memory (export "memory") 1)
      (func (export "handle_request") (result i64) (i64.const 1))
      (func (export "handle_response") (param i32 i32)))"#;
    let error = replay(folder.path(), guest, EXCHANGES).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("the host rejects the guest `hand`: "), "{text}");
    assert!(text.contains("no_such_function"), "{text}");
}

#[test]
fn a_config_that_traefik_cannot_read_is_an_error_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let exchanges = "config = '{\"list\": [1, true]}'\n[[exchange]]\nname = \"mixed\"";
    let begin = Instant::now();
    let error = replay(folder.path(), &GUEST, exchanges).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("parse int: true"), "{text}");
    assert!(text.contains("[exchange.skip]"), "{text}");
    assert!(begin.elapsed() < READY_TIMEOUT / 2, "{:?}", begin.elapsed());
}

#[test]
fn guests_are_given_the_environment_of_their_exchanges() {
    let folder = tempfile::tempdir().unwrap();
    let [guest, exchanges] = fixture::WITH_ENVIRONMENT;
    let reports = fixture::replay(
        &Traefik::install(&fixture::tools()).unwrap(),
        folder.path(),
        guest,
        exchanges,
    )
    .unwrap();
    assert_eq!(reports[0].exchanges[0].verdict, Verdict::Passed);
}
