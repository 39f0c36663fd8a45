//! Features, and what hosts do in which hook.

use http_wasm_sdk::testing::{Phase, Profile, Scenario};

use crate::guests::{
    CHAIN, CTX, ERRORS, HOSTS, PLAIN, REPLY, REQUEST_BODY, RESPONSE_BODY, TRAILERS, UPGRADE,
};

#[test]
fn features_are_enabled_once_and_at_the_start() {
    let mut runner = TRAILERS.runner();
    for _ in 0..3 {
        let outcome = runner.run(&Scenario::get("/").upstream_body("answer"));
        assert!(!outcome.call_names().contains(&"enable_features"));
    }
    let calls: Vec<_> = runner.started().calls.iter().map(ToString::to_string).collect();
    assert_eq!(
        calls,
        [
            "enable_features(buffer_response|trailers) = buffer_response|trailers",
            "enable_features(none) = buffer_response|trailers",
        ]
    );
}

#[test]
fn a_host_that_forgets_features_is_detected_and_asked_again() {
    let start = |profile| {
        let mut runner = REQUEST_BODY.runner();
        runner.run(&Scenario::get("/").profile(profile)).assert_ok();
        runner.started().calls.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let (once, again) = (
        "enable_features(buffer_request) = buffer_request",
        "enable_features(none) = buffer_request",
    );
    assert_eq!(start(Profile::Go), [once, again]);
    assert_eq!(start(Profile::Strict), [once, again]);
    assert_eq!(start(Profile::Express), [once, "enable_features(none) = none", once]);
}

#[test]
fn a_handler_that_needs_no_feature_enables_none() {
    for &profile in HOSTS {
        let mut runner = PLAIN.runner();
        assert_eq!(runner.run(&Scenario::get("/").profile(profile)).call_names(), [""; 0]);
        assert_eq!(runner.started().calls, []);
    }
}

#[test]
fn a_reply_is_sent_in_the_order_that_works_on_every_host() {
    for &profile in HOSTS {
        let outcome = REPLY.run(&Scenario::get("/full").profile(profile));
        assert_eq!(
            outcome.calls_in(Phase::Request)[1..],
            [
                "set_header_value(response header, \"content-type\", \"text/plain\")",
                "set_status_code(202)",
                "write_body(response body, \"short \")",
                "write_body(response body, \"and stout\")",
            ]
        );
        assert_eq!(outcome.status(), 202);
        assert_eq!(outcome.response_header("content-type"), Some("text/plain"));
        assert_eq!(outcome.response_text(), "short and stout");
        assert!(outcome.upstream.is_none(), "the next handler is not called");
        assert_eq!(outcome.calls_in(Phase::Response), [""; 0]);
    }
}

#[test]
fn a_buffered_response_can_be_changed() {
    for &profile in HOSTS {
        let outcome = RESPONSE_BODY.run(&Scenario::get("/status").profile(profile));
        assert_eq!(outcome.status(), 202);
    }
}

#[test]
fn a_next_handler_that_failed_differs_from_one_that_responded() {
    for &profile in HOSTS {
        let failed = ERRORS.run(&Scenario::get("/").upstream_fails().profile(profile));
        assert_eq!(failed.messages(), ["info: the next handler failed"]);
        // A response of the upstream is a response, with an error status too.
        let responded = ERRORS.run(&Scenario::get("/").upstream_status(502).profile(profile));
        assert_eq!(responded.messages(), ["info: it responded"]);
        assert_eq!(responded.status(), 502);
    }
}

#[test]
fn every_number_travels_through_the_host() {
    for &profile in HOSTS {
        for number in [0, 1, 2, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
            let outcome = CTX.run(&Scenario::get(format!("/?{number:x}")).profile(profile));
            assert_eq!(outcome.messages(), ["info: the same"], "{number:#x}");
        }
    }
}

#[test]
fn a_response_is_buffered_for_the_requests_that_need_it() {
    for profile in [Profile::Strict, Profile::Go] {
        let mut runner = UPGRADE.runner();
        let responded = Scenario::get("/").upstream_body("answer").profile(profile);
        let outcome = runner.run(&responded.clone().header("x-mark", "1"));
        assert_eq!(outcome.response_header("x-marked"), Some("1"));
        assert_eq!(outcome.response_text(), "marked");
        // The next request begins without it.
        let outcome = runner.run(&responded);
        assert_eq!(outcome.response_header("x-marked"), None);
        assert_eq!(outcome.response_text(), "answer");
        assert!(!outcome.call_names().contains(&"enable_features"));
        assert_eq!(runner.started().calls, []);
    }
}

/// That host lets a guest decide only at the start, and reports what it is asked for as enabled. Asked
/// for nothing, it reports nothing.
#[test]
fn a_response_cannot_be_buffered_by_request_on_express() {
    let scenario = Scenario::get("/").header("x-mark", "1").profile(Profile::Express);
    let outcome = UPGRADE.run(&scenario);
    assert_eq!(outcome.messages(), ["info: not buffered"]);
    assert_eq!(outcome.response_header("x-marked"), None);
}

#[test]
fn parts_of_a_chain_run_in_order_and_their_response_hooks_in_reverse() {
    let mut runner = CHAIN.runner();
    for _ in 0..2 {
        let outcome = runner.run(&Scenario::get("/").upstream_body("answer"));
        assert_eq!(
            outcome.messages(),
            ["first, request", "second, request", "second, response", "first, response"]
                .map(|message| format!("info: {message}"))
        );
        assert_eq!((outcome.status(), outcome.response_text()), (202, "by the first"));
    }
    let enabled: Vec<_> = runner.started().calls.iter().map(ToString::to_string).collect();
    let once = "enable_features(buffer_response) = buffer_response";
    assert_eq!(enabled, [once, "enable_features(none) = buffer_response"]);
}

#[test]
fn a_chain_that_short_circuits_or_fails_runs_no_response_hook() {
    for &profile in HOSTS {
        for (path, status, messages) in [
            ("/stop", 403, &["info: first, request", "info: second, request"][..]),
            ("/first", 500, &["info: first, request", "error: the secret reason"]),
            (
                "/second",
                500,
                &["info: first, request", "info: second, request", "error: the secret reason"],
            ),
        ] {
            let outcome = CHAIN.run(&Scenario::get(path).profile(profile));
            assert_eq!(
                (outcome.status(), outcome.messages()),
                (status, messages.iter().map(|&message| message.to_owned()).collect())
            );
            assert!(outcome.upstream.is_none());
        }
        // An error in one response hook does not keep the others from running.
        let late = CHAIN.run(&Scenario::get("/late").profile(profile));
        assert_eq!(late.messages()[3..], ["error: the secret reason", "info: first, response"]);
    }
}

#[test]
fn a_response_to_an_upgrade_is_not_buffered() {
    for &profile in HOSTS {
        let upgrade = Scenario::get("/").header("upgrade", "websocket").header("x-mark", "1");
        let outcome = UPGRADE.run(&upgrade.upstream_status(101).profile(profile));
        assert_eq!(outcome.messages(), ["info: not buffered"]);
        assert_eq!(outcome.status(), 101);
        assert!(!outcome.call_names().contains(&"enable_features"));
    }
}
