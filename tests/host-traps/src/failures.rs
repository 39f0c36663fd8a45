//! Errors, panics, state, and instances that are used again after a trap.

use http_wasm_model::exchange::TrapKind;
use http_wasm_sdk::testing::{Outcome, Profile, Scenario};

use crate::guests::{ERRORS, HOSTS, LATE_ERROR, OWNING, PANICS, RECOVERING, REPLY, STATE};

#[test]
fn an_error_in_the_request_hook_is_a_500_that_leaks_nothing() {
    for &profile in HOSTS {
        for filter in [
            REPLY.run(&Scenario::get("/error").profile(profile)),
            ERRORS.run(&Scenario::get("/request").profile(profile)),
        ] {
            assert_eq!(filter.status(), 500);
            assert_eq!(filter.response_text(), "internal server error\n");
            assert_eq!(filter.messages(), ["error: the secret reason"]);
            assert!(filter.upstream.is_none());
        }
    }
}

#[test]
fn an_error_after_the_head_is_sent_ends_the_response() {
    let outcome = REPLY.run(&Scenario::get("/begun"));
    assert_eq!((outcome.status(), outcome.response_text()), (201, "the first half"));
    assert_eq!(outcome.messages(), ["error: the secret reason"]);
}

#[test]
fn an_error_in_a_buffered_response_hook_is_a_500_that_leaks_nothing() {
    for &profile in HOSTS {
        let scenario = Scenario::get("/response")
            .upstream_header("content-encoding", "gzip")
            .upstream_body("what must not be seen")
            .profile(profile);
        let outcome = ERRORS.run(&scenario);
        assert_eq!(outcome.status(), 500);
        assert_eq!(outcome.response_text(), "internal server error\n");
        assert_eq!(outcome.response_header("content-encoding"), None);
        assert_eq!(outcome.response_header("content-length"), None);
        assert_eq!(outcome.messages(), ["info: it responded", "error: the secret reason"]);
    }
}

#[test]
fn an_error_after_the_response_body_is_written_leaks_nothing_of_the_upstream() {
    let outcome = ERRORS.run(&Scenario::get("/written").upstream_body("what must not be seen"));
    assert_eq!((outcome.status(), outcome.response_text()), (500, "half of the ans"));
}

#[test]
fn an_error_in_an_unbuffered_response_hook_is_logged_and_changes_nothing() {
    for &profile in HOSTS {
        let scenario = Scenario::get("/").upstream_status(201).upstream_body("answer");
        let outcome = LATE_ERROR.run(&scenario.profile(profile));
        assert_eq!((outcome.status(), outcome.response_text()), (201, "answer"));
        assert_eq!(outcome.messages(), ["error: the secret reason"]);
    }
}

#[test]
fn a_panic_traps_and_the_client_gets_a_500_without_it() {
    for &profile in HOSTS {
        let outcome = PANICS.run(&Scenario::get("/panic").profile(profile));
        assert_eq!(outcome.trap.unwrap().kind(), TrapKind::Guest);
        let response = outcome.response.unwrap();
        assert_eq!((response.status, &*response.body), (500, &b"internal server error"[..]));
        assert!(outcome.upstream.is_none());
    }
}

#[test]
fn an_instance_that_has_trapped_builds_its_handler_anew() {
    let mut runner = STATE.runner().reuse_after_trap();
    for _ in 0..3 {
        for path in ["/", "/", "/panic", "/", "/late_panic", "/", "/error", "/stop"] {
            let outcome = runner.run(&Scenario::get(path));
            match path {
                "/panic" | "/late_panic" => assert!(outcome.trap.is_some()),
                "/" => {
                    assert_eq!(outcome.status(), 200);
                    assert_eq!(outcome.messages(), ["info: mine", "info: dropped"]);
                }
                _ => assert!(outcome.trap.is_none()),
            }
        }
    }
}

#[test]
fn an_instance_survives_whatever_traps_in_it() {
    let mut runner = RECOVERING.runner().reuse_after_trap();
    recover(if cfg!(miri) { 9 } else { 90 }, |scenario| runner.run(scenario));
}

/// Runs exchanges of which every third traps: in the request hook, in the response hook, in a host
/// function. All others must be right, each handler from its first request on.
#[track_caller]
pub(crate) fn recover(exchanges: u32, mut run: impl FnMut(&Scenario) -> Outcome) {
    let mut served = 0;
    for exchange in 0..exchanges {
        let path = match exchange % 9 {
            2 => "/panic",
            4 => "/stop",
            5 => "/late",
            8 => "/host",
            _ => "/",
        };
        let scenario = Scenario::post(path).body("body").profile(Profile::Express);
        let outcome = run(&scenario);
        if exchange % 3 == 2 {
            let trap = outcome.trap.as_ref().unwrap();
            let wanted = if path == "/host" { TrapKind::Body } else { TrapKind::Guest };
            assert_eq!(trap.kind(), wanted, "in exchange {exchange}, {outcome}");
            assert_eq!(outcome.response.is_none(), path == "/late", "{outcome}");
            served = 0;
            continue;
        }
        served += 1;
        assert_eq!(outcome.response_header("x-served"), Some(&*served.to_string()), "{exchange}");
        if path == "/stop" {
            assert_eq!(outcome.status(), 403);
        } else {
            assert_eq!(outcome.upstream_text(), "body");
            assert_eq!(outcome.messages(), ["info: mine"]);
        }
    }
}

#[test]
fn what_a_handler_owns_is_there_again_after_a_trap() {
    let mut runner = OWNING.runner().reuse_after_trap();
    for path in ["/", "/panic", "/", "/", "/panic", "/panic", "/"] {
        let outcome = runner.run(&Scenario::get(path));
        if path == "/panic" {
            assert_eq!(outcome.trap.unwrap().kind(), TrapKind::Guest);
        } else {
            assert_eq!(outcome.messages(), ["info: as it was"]);
        }
    }
}

#[test]
fn state_is_dropped_on_every_way_out() {
    let mut runner = STATE.runner();
    for (path, messages) in [
        ("/", &["info: mine", "info: dropped"][..]),
        ("/stop", &["info: dropped"]),
        ("/error", &["info: dropped", "error: the path says so"]),
        ("/", &["info: mine", "info: dropped"]),
    ] {
        assert_eq!(runner.run(&Scenario::get(path)).messages(), messages, "{path}");
    }
}

#[test]
fn state_whose_response_hook_never_comes_is_dropped_by_the_next_request() {
    let mut runner = STATE.runner();
    runner.run(&Scenario::get("/")).assert_ok();
    assert_eq!(runner.cancel(&Scenario::get("/")), []);
    let dropped = runner.cancel(&Scenario::get("/"));
    assert_eq!(dropped.len(), 1);
    assert_eq!(dropped[0].message, "dropped");
    // The response hook gets the state of its own request, and the other one is gone.
    let outcome = runner.run(&Scenario::get("/"));
    assert_eq!(outcome.messages(), ["info: dropped", "info: mine", "info: dropped"]);
    let outcome = runner.run(&Scenario::get("/"));
    assert_eq!(outcome.messages(), ["info: mine", "info: dropped"]);
}

#[test]
fn state_whose_response_hook_never_comes_does_not_outlive_a_short_circuit() {
    let mut runner = STATE.runner();
    runner.run(&Scenario::get("/")).assert_ok();
    assert_eq!(runner.cancel(&Scenario::get("/")), []);
    let outcome = runner.run(&Scenario::get("/stop"));
    assert_eq!(outcome.messages(), ["info: dropped", "info: dropped"]);
}

#[test]
fn a_destructor_does_not_run_when_the_guest_has_trapped() {
    let outcome = STATE.run(&Scenario::get("/panic"));
    assert!(outcome.trap.is_some());
    assert_eq!(outcome.messages(), [""; 0]);
}
