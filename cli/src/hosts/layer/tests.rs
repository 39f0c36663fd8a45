//! The reference host with a hand-written guest.

use http_wasm_testkit::report::Verdict;

use super::*;
use crate::hosts::fixture::{self, GUEST, PASSING};

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
fn a_guest_that_cannot_be_loaded_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let host = LayerHost::default();
    let error = fixture::replay(&host, folder.path(), "(module)", EXCHANGES).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("the host rejects the guest `hand`: "), "{text}");
    assert!(text.contains("export memory: is missing"), "{text}");
}
