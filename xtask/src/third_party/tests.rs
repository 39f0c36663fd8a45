//! The comparison itself: equal behaviour passes, and different behaviour does not.

use super::*;
use crate::testing;
use cargo_http_wasm::http_probe;
use http_wasm_abi::Function;
use http_wasm_testkit::guest;

/// Enables features one after the other and responds with the result: the Go host returns their
/// union, the Express host its argument. Traps on a POST.
const GUEST: &str = r#"
  (func (export "handle_request") (result i64)
    (drop (call $enable_features (i32.const 1)))
    (i32.store8 (i32.const 0) (i32.add (i32.const 48) (call $enable_features (i32.const 2))))
    (if (i32.eq (i32.const 4) (call $get_method (i32.const 8) (i32.const 8))) (then (unreachable)))
    (call $write_body (i32.const 1) (i32.const 0) (i32.const 1))
    (i64.const 0))"#;

/// The report that has these guests.
fn all(guests: impl IntoIterator<Item = GuestReport>) -> Report {
    let mut report = Report::default();
    guests.into_iter().for_each(|guest| report.add(guest));
    report
}

fn compare(profile: Profile, wasm: &[u8], cases: &[&str]) -> (GuestReport, Vec<&'static str>) {
    compare_with(profile, wasm, false, cases)
}

fn compare_with(
    profile: Profile,
    wasm: &[u8],
    initialize: bool,
    cases: &[&str],
) -> (GuestReport, Vec<&'static str>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hand.wasm");
    fs::write(&path, wasm).unwrap();
    let guest = ThirdPartyGuest { name: "hand".to_owned(), wasm: path, initialize };
    let tools = testing::tools();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut comparison = Comparison::new(&tools, profile, folder.path()).await.unwrap();
        comparison.cases.retain(|case| cases.contains(&case.name.as_str()));
        assert_eq!(comparison.cases.len(), cases.len());
        let report = comparison.compare(&guest).await.unwrap();
        let occurred = comparison.occurred.iter().filter(|(_, count)| *count > 0);
        (report, occurred.map(|(known, _)| known.reason).collect())
    })
}

#[test]
fn a_difference_is_found_when_there_is_one() {
    let wasm = wat::parse_str(guest::module(GUEST)).unwrap();
    let (same, _) = compare(Profile::Go, &wasm, &["get", "post"]);
    assert_eq!(same.failed, []);
    assert_eq!(same.counts.run(), 3, "that it starts, and both cases");
    let (different, _) = compare(Profile::Express, &wasm, &["get", "post"]);
    let wanted = ExchangeReport {
        name: "get".to_owned(),
        configuration: String::new(),
        verdict: Verdict::of(vec![Mismatch {
            what: "response.body".to_owned(),
            wanted: "\"3\"".to_owned(),
            found: "\"2\"".to_owned(),
        }]),
    };
    assert_eq!(different.failed, [wanted]);
    assert_eq!(different.counts.known, 1, "the trap");
}

#[test]
fn traps_are_found_on_both_sides_whatever_the_response() {
    let wasm = wat::parse_str(guest::module(GUEST)).unwrap();
    let (report, reasons) = compare(Profile::Go, &wasm, &["post"]);
    assert_eq!((report.counts.passed, report.counts.known), (1, 1));
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    assert!(reasons[0].contains("stack trace"), "{reasons:?}");
}

#[test]
fn initialize_is_called_on_both_sides_or_on_neither() {
    let text = r#"(global $ready (mut i32) (i32.const 0))
        (func (export "_initialize") (global.set $ready (i32.const 1)))
        (func (export "handle_request") (result i64)
          (call $set_status_code (i32.add (i32.const 400) (global.get $ready)))
          (i64.const 0))"#;
    let wasm = wat::parse_str(guest::module(text)).unwrap();
    for initialize in [false, true] {
        let (report, _) = compare_with(Profile::Go, &wasm, initialize, &["get"]);
        assert_eq!((report.counts.passed, report.counts.run()), (2, 2), "{report:?}");
    }
    // The strict profile calls it, and the bare Go host does not.
    let (report, _) = compare_with(Profile::Strict, &wasm, false, &["get"]);
    assert_eq!(report.counts.passed, 2, "what both hosts call is not up to the profile");
}

#[test]
fn a_guest_that_both_reject_passes() {
    let (report, _) = compare(Profile::Go, &wat::parse_str("(module)").unwrap(), &["get"]);
    assert_eq!((report.counts.passed, report.counts.run()), (1, 1));
    let (report, _) = compare(Profile::Go, b"no module", &["get"]);
    assert!(report.not_compared.is_some());
    assert!(!all([report]).good());
}

#[test]
fn a_guest_that_one_host_rejects_is_a_difference() {
    // The Go host has `get_source_addr`, the Express host has not.
    let text = guest::module(&(guest::import(Function::GetSourceAddr) + GUEST));
    let (report, _) = compare(Profile::Express, &wat::parse_str(text).unwrap(), &["get"]);
    assert_eq!(report.failed.len(), 1);
    assert_eq!(report.failed[0].name, "start");
    let Verdict::Failed { mismatches } = &report.failed[0].verdict else { panic!("{report:?}") };
    assert_eq!(mismatches[0].wanted, "it starts");
    assert_ne!(mismatches[0].found, "it starts");
}

#[test]
fn known_differences_have_reasons_and_valid_patterns() {
    for known in known_differences::ALL {
        assert!(known.reason.len() > 20);
        for pattern in [known.what, known.guests, known.cases] {
            assert!(glob::Pattern::new(pattern).is_ok(), "{pattern}");
        }
    }
}

#[test]
fn a_known_difference_that_does_not_occur_is_stale() {
    let occurred: Vec<_> = known_differences::ALL.iter().map(|known| (known, 0)).collect();
    let by_chance = known_differences::ALL.iter().filter(|known| known.is_chance).count();
    assert_eq!(known_differences::stale(&occurred).len(), known_differences::ALL.len() - by_chance);
    let stale = known_differences::stale(&[
        (&known_differences::ALL[0], 1),
        (&known_differences::ALL[1], 0),
    ]);
    assert_eq!(stale.len(), 1);
    assert!(stale[0].contains(known_differences::ALL[1].reason), "{stale:?}");
    let counts = Counts::from_iter([&Verdict::Passed]);
    let good = all([GuestReport { counts, ..GuestReport::new("x") }]);
    assert!(good.good());
    assert!(!Report { stale, ..good }.good());
    assert!(!Report::default().good(), "without a comparison");
}

#[test]
fn a_known_reason_does_not_hide_another_difference() {
    let answer = |body: &str, status: u16| {
        let status = http::StatusCode::from_u16(status).unwrap();
        let response =
            http_probe::Response { status, body: body.into(), ..http_probe::Response::default() };
        Observation { response: Some(Ok(response)), ..Observation::default() }
    };
    let trace = format!("wasm error: unreachable\n{STACK_TRACE}\n\tx()");
    let trapped = |observed| Observation { trap: Some(Phase::Request), ..observed };
    let context = known_differences::Context { guest: "x", case: "get" };
    let explained = |theirs: &Observation, ours: &Observation| {
        compare::differences(theirs, ours).iter().all(|difference| {
            known_differences::ALL
                .iter()
                .any(|known| known.explains(&context, difference, (theirs, ours)))
        })
    };
    let theirs = trapped(answer(&trace, 500));
    assert!(explained(&theirs, &trapped(answer("internal server error", 500))));
    assert!(!explained(&theirs, &trapped(answer(&trace.replace("x()", "y()"), 500))), "it leaks");
    assert!(!explained(&theirs, &trapped(answer("internal server error", 502))));
    assert!(!explained(&theirs, &answer("internal server error", 500)), "ours did not trap");
}

#[test]
fn an_empty_response_has_two_framings_and_one_with_a_body_has_not() {
    let answer = |length: Option<&str>| {
        let mut response = http_probe::Response {
            status: http::StatusCode::OK,
            ..http_probe::Response::default()
        };
        response.chunked = length.is_none();
        if let Some(length) = length {
            response.headers.insert("content-length", length.parse().unwrap());
        }
        Observation { response: Some(Ok(response)), ..Observation::default() }
    };
    let explained = |case: &str, theirs: Option<&str>, ours: Option<&str>| {
        let (theirs, ours) = (answer(theirs), answer(ours));
        let context = known_differences::Context { guest: "x", case };
        let found = compare::differences(&theirs, &ours);
        assert!(!found.is_empty());
        found.iter().all(|difference| {
            known_differences::ALL
                .iter()
                .any(|known| known.explains(&context, difference, (&theirs, &ours)))
        })
    };
    let case = "response: no body in chunks";
    assert!(explained(case, Some("0"), None));
    assert!(!explained(case, Some("1"), None), "that is another answer");
    assert!(!explained("get", Some("0"), None), "elsewhere it is no matter of chance");
}
