//! Headers, trailers, URI, and the client's address.

use http_wasm_model::exchange::TrapKind;
use http_wasm_sdk::testing::{Features, Outcome, Profile, Scenario};

use crate::guests::{HEADERS, HOSTS, SOURCE_ADDR, TRAILERS, URI};

fn read(path: &str) -> Scenario {
    Scenario::get(path)
}

#[track_caller]
fn assert_logged(outcome: &Outcome, messages: &[&str]) {
    let wanted: Vec<_> = messages.iter().map(|message| format!("info: {message}")).collect();
    assert_eq!(outcome.messages(), wanted);
}

#[test]
fn values_are_split_by_their_count() {
    for &profile in HOSTS {
        let given = read("/all").header("x-a", "one").header("X-A", "").header("x-a", "three");
        let outcome = HEADERS.run(&given.clone().profile(profile));
        assert_logged(&outcome, &["one", "", "three"]);
        assert_logged(&HEADERS.run(&read("/all").profile(profile)), &[]);
    }
}

#[test]
fn a_nul_inside_a_value_does_not_split_it() {
    let given = |path: &str| read(path).header("x-a", "one\0two");
    assert_logged(&HEADERS.run(&given("/all")), &["one\0two"]);
    assert_logged(&HEADERS.run(&given("/one")), &["one\0two"]);
    // With several values nobody can tell; there are as many as the host counts.
    let several = HEADERS.run(&given("/all").header("x-a", "three"));
    assert_logged(&several, &["one", "two\0three"]);
}

#[test]
fn a_repeated_header_is_not_one() {
    assert_logged(&HEADERS.run(&read("/one").header("x-a", "1")), &["1"]);
    assert_logged(&HEADERS.run(&read("/one")), &["absent or repeated"]);
    let twice = read("/one").header("x-a", "1").header("x-a", "2");
    assert_logged(&HEADERS.run(&twice), &["absent or repeated"]);
    assert_logged(&HEADERS.run(&twice_at("/first")), &["1"]);
    assert_logged(&HEADERS.run(&read("/first")), &["absent"]);
}

fn twice_at(path: &str) -> Scenario {
    read(path).header("x-a", "1").header("x-a", "2")
}

#[test]
fn a_value_that_is_too_long_is_an_error_and_not_cut() {
    for &profile in HOSTS {
        for path in ["/first", "/one", "/all"] {
            let fits = read(path).header("x-a", "x".repeat(63)).profile(profile);
            assert_logged(&HEADERS.run(&fits), &[&"x".repeat(63)]);
            // With the NUL at its end it is a byte longer than the buffer.
            let outcome = HEADERS.run(&read(path).header("x-a", "x".repeat(64)).profile(profile));
            assert_eq!(outcome.status(), 500);
            assert_eq!(outcome.messages(), ["error: a value does not fit into the buffer"]);
        }
    }
}

#[test]
fn a_header_is_there_whatever_its_value() {
    for &profile in HOSTS {
        for (value, found) in [(Some(""), "there"), (Some("1"), "there"), (None, "absent")] {
            let mut scenario = read("/contains").profile(profile);
            if let Some(value) = value {
                scenario = scenario.header("x-a", value);
            }
            assert_logged(&HEADERS.run(&scenario), &[found]);
        }
    }
}

#[test]
fn names_come_in_lower_case() {
    for &profile in HOSTS {
        let outcome =
            HEADERS.run(&read("/names").header("X-B", "1").header("Host", "a").profile(profile));
        assert_logged(&outcome, &["host", "x-b"]);
    }
}

#[test]
fn headers_are_set_added_and_removed() {
    for &profile in HOSTS {
        let outcome = HEADERS
            .run(&read("/write").header("x-a", "old").header("cookie", "a=b").profile(profile));
        assert_eq!(outcome.upstream_headers("x-a"), ["new", "newer"]);
        assert_eq!(outcome.upstream_header("cookie"), None);
        assert_eq!(outcome.response_headers("set-cookie"), ["a=b", "c=d"]);
    }
}

#[test]
fn setting_the_host_is_reported() {
    let outcome = HEADERS.run(&read("/host").header("host", "a"));
    assert!(outcome.problems[0].to_string().contains("host"), "{:?}", outcome.problems);
    let outcome = HEADERS.run(&read("/host").header("host", "a").profile(Profile::Go));
    assert_eq!(outcome.upstream_header("host"), Some("a"));
}

#[test]
fn a_name_or_value_that_a_host_would_drop_or_trap_on_cannot_be_set() {
    for &profile in HOSTS {
        let given = |name: &str, value: &str| {
            HEADERS.run(
                &read("/given").header("x-name", name).header("x-value", value).profile(profile),
            )
        };
        assert_eq!(given("x-new", "1").upstream_header("x-new"), Some("1"));
        for name in ["", "X-New", "x new", "x:new", "x\0new", "x-n\u{fc}"] {
            let outcome = given(name, "1");
            assert_eq!(outcome.status(), 500, "{name:?}");
            assert!(outcome.messages()[0].starts_with("error: invalid header name"), "{name:?}");
        }
        for value in ["a\r\nset-cookie: b", "a\nb", "a\rb", "a\0b"] {
            let outcome = given("x-new", value);
            assert_eq!(outcome.status(), 500, "{value:?}");
            assert!(outcome.messages()[0].starts_with("error: invalid header value"), "{value:?}");
        }
    }
}

#[test]
fn a_uri_that_a_host_would_trap_on_cannot_be_set() {
    for &profile in HOSTS {
        let set = |uri: &str| URI.run(&read("/old").config(uri).profile(profile));
        for uri in ["/", "/new", "/new?a=b", "/a%20b?%zz", "*"] {
            let outcome = set(uri);
            assert_eq!(outcome.upstream().uri, uri);
        }
        for uri in ["new", "?a=b", "http://a.test/new", "**", "/%zz", "/a b", "/a\nb", "//a b"] {
            let outcome = set(uri);
            assert_eq!(outcome.status(), 500, "{uri:?}");
            assert!(outcome.messages()[0].starts_with("error: invalid URI"), "{uri:?}");
            assert!(outcome.upstream.is_none());
        }
    }
}

#[test]
fn stripping_a_prefix_leaves_a_uri() {
    for &profile in HOSTS {
        for (uri, wanted) in [
            ("/host?b", "/?b"),
            ("/host", "/"),
            ("/host/a?b", "/a?b"),
            ("/hosts", "/hosts"),
            ("/", "/"),
            ("", "/"),
        ] {
            let outcome = URI.run(&read(uri).profile(profile));
            assert_eq!(outcome.upstream().uri, wanted, "{uri:?}");
        }
    }
}

#[test]
fn a_uri_that_is_too_long_is_an_error_and_not_cut() {
    for &profile in HOSTS {
        let fits = read("/fifteen_and_one").profile(profile);
        assert_eq!(URI.run(&fits).upstream().uri, "/fifteen_and_one");
        let outcome = URI.run(&read("/fifteen_and_two_").profile(profile));
        assert_eq!(outcome.status(), 500);
        assert_eq!(outcome.messages(), ["error: a value does not fit into the buffer"]);
    }
}

#[test]
fn trailers_are_none_where_the_host_has_none() {
    for &profile in HOSTS {
        let outcome =
            TRAILERS.run(&read("/").profile(profile).without_features(Features::TRAILERS));
        assert_logged(&outcome, &["no trailers"]);
        assert!(outcome.response().trailers.is_empty());
    }
}

#[test]
fn trailers_are_set_where_the_host_has_them() {
    for &profile in HOSTS {
        let outcome = TRAILERS.run(&read("/").upstream_body("answer").profile(profile));
        assert_logged(&outcome, &["trailers"]);
        assert_eq!(outcome.response().trailers.first("x-sum"), Some(&b"42"[..]));
    }
}

#[test]
fn the_client_address_is_read_where_the_host_has_it() {
    for profile in [Profile::Strict, Profile::Go] {
        for address in ["1.2.3.4:5678", "[::1]:5678"] {
            let outcome = SOURCE_ADDR.run(&read("/").source_addr(address).profile(profile));
            assert_logged(&outcome, &[address]);
        }
    }
}

#[test]
fn a_host_without_the_clients_address_refuses_the_guest() {
    let outcome = SOURCE_ADDR.run(&read("/").profile(Profile::Express));
    assert_eq!(outcome.trap.unwrap().kind(), TrapKind::Missing);
}
