//! The configuration: any bytes, or none.

use http_wasm_sdk::config;
use http_wasm_sdk::testing::Scenario;

use crate::guests::{CONFIG, FAIL_OPEN, HOSTS, TYPED};

#[test]
fn an_absent_configuration_reads_as_nothing() {
    for &profile in HOSTS {
        let outcome = CONFIG.run(&Scenario::get("/").profile(profile));
        assert_eq!(outcome.messages(), ["info: built", "info: no configuration"]);
    }
}

#[test]
fn a_configuration_is_read_as_it_stands() {
    for config in ["{}", "null", "a\0b", "sixteen bytes 16"] {
        let outcome = CONFIG.run(&Scenario::get("/").config(config));
        assert_eq!(outcome.messages(), ["info: built".to_owned(), format!("info: {config}")]);
    }
    let outcome = CONFIG.run(&Scenario::get("/").config(b"\xff\xfe"));
    assert_eq!(outcome.messages()[1], "info: not a text");
}

#[test]
fn a_configuration_longer_than_the_buffer_is_an_error_and_not_cut() {
    let outcome = CONFIG.run(&Scenario::get("/").config("seventeen bytes 1"));
    assert_eq!(outcome.status(), 500);
    assert_eq!(outcome.messages(), ["info: built", "error: a value does not fit into the buffer"]);
}

fn greeting(text: &str) -> String {
    format!("{{\"greeting\":\"{text}\"}}")
}

#[test]
fn a_configuration_that_changes_while_it_is_read_is_read_again() {
    let long = "hello ".repeat(100);
    for (later, read, calls) in [
        // The first call asks for the length, the second one reads.
        (vec![], "hello", 2),
        (vec!["good morning"], "good morning", 3),
        (vec!["good morning", &long], &long, 4),
        // A shorter one is read at once, with nothing behind it.
        (vec!["hi", &long], "hi", 2),
    ] {
        for &profile in HOSTS {
            let scenario = Scenario::get("/").config(greeting("hello")).profile(profile);
            let outcome =
                TYPED.run(&scenario.later_configs(later.iter().map(|text| greeting(text))));
            assert_eq!(outcome.messages(), [format!("info: {read}")]);
            let names = outcome.call_names();
            assert_eq!(names.iter().filter(|name| **name == "get_config").count(), calls);
        }
    }
}

#[test]
fn a_configuration_that_grows_above_the_cap_while_it_is_read_is_an_error() {
    let huge = vec![b' '; config::MAX_BYTES as usize + 1];
    let scenario = Scenario::get("/").config(greeting("hello")).later_configs([huge]);
    for &profile in HOSTS {
        let outcome = TYPED.run(&scenario.clone().profile(profile));
        assert_eq!(outcome.status(), 500);
        assert_eq!(
            outcome.messages(),
            ["error: config: expected at most 1048576 bytes, found 1048577"]
        );
    }
}

#[test]
fn a_handler_is_built_once_per_instance() {
    let mut runner = CONFIG.runner();
    let scenario = Scenario::get("/").config("c");
    assert_eq!(runner.run(&scenario).messages(), ["info: built", "info: c"]);
    for _ in 0..3 {
        assert_eq!(runner.run(&scenario).messages(), ["info: c"]);
    }
}

#[test]
fn an_invalid_configuration_is_a_500_that_leaks_nothing() {
    for &profile in HOSTS {
        let mut runner = CONFIG.runner();
        // The proxy's route does not vanish, and the next request tries again.
        for _ in 0..2 {
            let outcome = runner.run(&Scenario::get("/").config("bad").profile(profile));
            assert_eq!(outcome.status(), 500);
            assert_eq!(outcome.response_text(), "internal server error\n");
            assert!(outcome.upstream.is_none());
            assert_eq!(outcome.messages(), ["info: built", "error: the secret reason"]);
        }
    }
}

#[test]
fn a_handler_that_fails_open_passes_requests_through() {
    for &profile in HOSTS {
        let outcome = FAIL_OPEN.run(&Scenario::get("/").profile(profile).upstream_status(201));
        assert_eq!(outcome.status(), 201);
        assert_eq!(outcome.upstream_header("x-open"), None);
        assert_eq!(outcome.messages(), ["error: the secret reason"], "and no response hook");
        let outcome = FAIL_OPEN.run(&Scenario::get("/").config("good").profile(profile));
        assert_eq!(outcome.upstream_header("x-open"), Some("1"));
        assert_eq!(outcome.messages(), ["info: both hooks"]);
    }
}
