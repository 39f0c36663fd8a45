//! The comparison itself: what is the same is found to be, and what is not is not.

use super::*;
use crate::testing;
use cargo_http_wasm::http_probe;

/// Asks for features one after the other and answers with what it was told: the Go host adds them
/// up, the Express host gives back what it was asked. Traps on a POST.
const GUEST: &str = r#"(module
  (import "http_handler" "enable_features" (func $enable (param i32) (result i32)))
  (import "http_handler" "get_method" (func $method (param i32 i32) (result i32)))
  (import "http_handler" "write_body" (func $write (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "handle_request") (result i64)
    (drop (call $enable (i32.const 1)))
    (i32.store8 (i32.const 0) (i32.add (i32.const 48) (call $enable (i32.const 2))))
    (if (i32.eq (i32.const 4) (call $method (i32.const 8) (i32.const 8))) (then (unreachable)))
    (call $write (i32.const 1) (i32.const 0) (i32.const 1))
    (i64.const 0))
  (func (export "handle_response") (param i32 i32)))"#;

fn compare(profile: Profile, wasm: &[u8], cases: &[&str]) -> (GuestReport, Vec<&'static str>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hand.wasm");
    fs::write(&path, wasm).unwrap();
    let peer = Peer { name: "hand".to_owned(), wasm: path };
    let host = GoHost::install(&testing::tools()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut bench = Bench::new(host, LayerHost::new(profile), folder.path()).await.unwrap();
        bench.cases.retain(|case| cases.contains(&case.name.as_str()));
        assert_eq!(bench.cases.len(), cases.len());
        let report = bench.compare(&peer).await.unwrap();
        let occurred = bench.occurred.iter().filter(|(_, count)| *count > 0);
        (report, occurred.map(|(known, _)| known.reason).collect())
    })
}

#[test]
fn a_difference_is_found_when_there_is_one() {
    let wasm = wat::parse_str(GUEST).unwrap();
    let (same, _) = compare(Profile::Go, &wasm, &["get", "post"]);
    assert_eq!(same.different, []);
    assert_eq!(same.compared(), 3, "that it starts, and both cases");
    let (different, _) = compare(Profile::Express, &wasm, &["get", "post"]);
    let wanted = ExchangeReport {
        setup: String::new(),
        exchange: "get".to_owned(),
        differences: vec!["response.body: theirs \"3\", ours \"2\"".to_owned()],
    };
    assert_eq!(different.different, [wanted]);
    assert_eq!(different.known, 1, "the trap");
}

#[test]
fn traps_are_found_on_both_sides_whatever_the_answer_says() {
    let wasm = wat::parse_str(GUEST).unwrap();
    let (report, reasons) = compare(Profile::Go, &wasm, &["post"]);
    assert_eq!((report.same, report.known), (1, 1));
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    assert!(reasons[0].contains("stack trace"), "{reasons:?}");
}

#[test]
fn a_guest_that_neither_takes_is_the_same() {
    let (report, _) = compare(Profile::Go, &wat::parse_str("(module)").unwrap(), &["get"]);
    assert_eq!((report.same, report.compared()), (1, 1));
    let (report, _) = compare(Profile::Go, b"no module", &["get"]);
    assert!(report.not_compared.is_some());
    assert!(!Report { guests: vec![report], ..Report::default() }.good());
}

#[test]
fn one_that_only_one_host_takes_is_a_difference() {
    // The Go host has `get_source_addr`, the Express host has not.
    let import =
        r#"(module (import "http_handler" "get_source_addr" (func (param i32 i32) (result i32)))"#;
    let text = GUEST.replacen("(module", import, 1);
    let (report, _) = compare(Profile::Express, &wat::parse_str(text).unwrap(), &["get"]);
    assert_eq!(report.different.len(), 1);
    assert_eq!(report.different[0].exchange, "start");
    let difference = &report.different[0].differences[0];
    assert!(difference.starts_with("start: theirs it starts, ours "), "{difference}");
}

#[test]
fn what_is_known_has_a_reason_and_patterns_that_can_be_read() {
    for known in known_differences::ALL {
        assert!(known.reason.len() > 20);
        for pattern in [known.what, known.guests, known.cases] {
            assert!(glob::Pattern::new(pattern).is_ok(), "{pattern}");
        }
    }
}

#[test]
fn what_is_known_and_does_not_occur_is_stale() {
    let occurred: Vec<_> = known_differences::ALL.iter().map(|known| (known, 0)).collect();
    let by_chance = known_differences::ALL.iter().filter(|known| known.is_chance).count();
    assert_eq!(known_differences::stale(&occurred).len(), known_differences::ALL.len() - by_chance);
    let stale = known_differences::stale(&[
        (&known_differences::ALL[0], 1),
        (&known_differences::ALL[1], 0),
    ]);
    assert_eq!(stale.len(), 1);
    assert!(stale[0].contains(known_differences::ALL[1].reason), "{stale:?}");
    let guests = vec![GuestReport { same: 1, ..GuestReport::default() }];
    assert!(Report { guests: guests.clone(), ..Report::default() }.good());
    assert!(!Report { guests, stale, ..Report::default() }.good());
    assert!(!Report::default().good(), "nothing compared is nothing proven");
}

#[test]
fn a_known_reason_does_not_hide_another_difference() {
    let answer = |body: &str, status: u16| {
        let status = http::StatusCode::from_u16(status).unwrap();
        let response =
            http_probe::Response { status, body: body.into(), ..http_probe::Response::default() };
        Observed { response: Some(Ok(response)), ..Observed::default() }
    };
    let trace = format!("wasm error: unreachable\n{STACK_TRACE}\n\tx()");
    let trapped = |observed| Observed { trap: Some(Phase::Request), ..observed };
    let place = known_differences::Place { guest: "x", case: "get" };
    let explained = |theirs: &Observed, ours: &Observed| {
        compare::differences(theirs, ours).iter().all(|difference| {
            known_differences::ALL
                .iter()
                .any(|known| known.explains(&place, difference, (theirs, ours)))
        })
    };
    let theirs = trapped(answer(&trace, 500));
    assert!(explained(&theirs, &trapped(answer("internal server error", 500))));
    assert!(!explained(&theirs, &trapped(answer(&trace.replace("x()", "y()"), 500))), "it leaks");
    assert!(!explained(&theirs, &trapped(answer("internal server error", 502))));
    assert!(!explained(&theirs, &answer("internal server error", 500)), "ours did not trap");
}

#[test]
fn an_empty_answer_may_say_so_in_two_ways_and_one_with_a_body_may_not() {
    let answer = |length: Option<&str>| {
        let mut response = http_probe::Response {
            status: http::StatusCode::OK,
            ..http_probe::Response::default()
        };
        response.chunked = length.is_none();
        if let Some(length) = length {
            response.headers.insert("content-length", length.parse().unwrap());
        }
        Observed { response: Some(Ok(response)), ..Observed::default() }
    };
    let explained = |case: &str, theirs: Option<&str>, ours: Option<&str>| {
        let (theirs, ours) = (answer(theirs), answer(ours));
        let place = known_differences::Place { guest: "x", case };
        let found = compare::differences(&theirs, &ours);
        assert!(!found.is_empty());
        found.iter().all(|difference| {
            known_differences::ALL
                .iter()
                .any(|known| known.explains(&place, difference, (&theirs, &ours)))
        })
    };
    let case = "answer: no body in chunks";
    assert!(explained(case, Some("0"), None));
    assert!(!explained(case, Some("1"), None), "that is another answer");
    assert!(!explained("get", Some("0"), None), "elsewhere it is no matter of chance");
}
