//! Running and comparing, with guests that are written here.

use std::path::Path;

use http_wasm_abi::{CtxNext, Function, HeaderKind};

use super::super::*;
use http_wasm_model::Profile;
use http_wasm_model::exchange::{Exchange, LinearMemory, Response, Settings, Trap};
use http_wasm_model::guest::Guest;

use crate::Outcome;

/// A guest that counts its requests, and does what the URI asks for.
#[derive(Default)]
struct Puppet {
    count: u8,
    memory: Vec<u8>,
}

impl Puppet {
    fn call(
        &mut self,
        exchange: &mut Exchange,
        function: Function,
        args: &[u64],
    ) -> Result<u64, Trap> {
        exchange.call(function, args, &mut LinearMemory(&mut self.memory))
    }

    fn put(&mut self, at: usize, text: &str) -> u64 {
        self.memory.resize(1024, 0);
        self.memory[at..at + text.len()].copy_from_slice(text.as_bytes());
        text.len() as u64
    }

    fn set(
        &mut self,
        exchange: &mut Exchange,
        kind: HeaderKind,
        name: &str,
        value: &str,
    ) -> Result<u64, Trap> {
        let (name, value) = (self.put(0, name), self.put(512, value));
        self.call(exchange, Function::SetHeaderValue, &[kind as u64, 0, name, 512, value])
    }

    fn write(&mut self, exchange: &mut Exchange, text: &str) -> Result<u64, Trap> {
        let len = self.put(0, text);
        self.call(exchange, Function::WriteBody, &[1, 0, len])
    }

    fn log(&mut self, exchange: &mut Exchange, text: &str) -> Result<u64, Trap> {
        let len = self.put(0, text);
        self.call(exchange, Function::Log, &[0, 0, len])
    }
}

impl Guest for Puppet {
    fn start(&mut self, exchange: &mut Exchange) -> Result<(), Trap> {
        if exchange.settings().config == b"trap" {
            return Err(Trap::guest("the configuration says so"));
        }
        self.call(exchange, Function::EnableFeatures, &[2]).map(|_| ())
    }

    fn handle_request(&mut self, exchange: &mut Exchange) -> Result<CtxNext, Trap> {
        self.count += 1;
        let count = self.count.to_string();
        match exchange.request().uri.as_str() {
            "/stop" => {
                self.set(exchange, HeaderKind::Response, "count", &count)?;
                self.call(exchange, Function::SetStatusCode, &[403])?;
                self.write(exchange, "no")?;
                Ok(CtxNext::STOP)
            }
            "/trap" => Err(Trap::guest("the URI says so")),
            "/upper" => {
                self.set(exchange, HeaderKind::Request, "Count", &count)?;
                Ok(CtxNext::go_on(0))
            }
            "/strange" => Ok(CtxNext::from_bits(2)),
            _ => {
                self.log(exchange, "on")?;
                self.set(exchange, HeaderKind::Request, "count", &count)?;
                Ok(CtxNext::go_on(self.count.into()))
            }
        }
    }

    fn handle_response(
        &mut self,
        exchange: &mut Exchange,
        req_ctx: u32,
        is_error: bool,
    ) -> Result<(), Trap> {
        self.set(exchange, HeaderKind::Response, "seen", &format!("{req_ctx} {is_error}"))?;
        match exchange.request().uri.as_str() {
            "/late-trap" => Err(Trap::guest("late")),
            "/longer" => self.write(exchange, "longer than before").map(|_| ()),
            _ => Ok(()),
        }
    }
}

/// Plays every exchange of a file; gives the mismatches of each.
fn run_all(profile: Profile, text: &str) -> Vec<Vec<String>> {
    let file = parse(text, Path::new("test.toml")).unwrap_or_else(|error| panic!("{error}"));
    let settings = Settings { profile, ..Settings::default() };
    let mut runner = Runner::new(settings, Puppet::default);
    let show = |report: Report| report.mismatches.iter().map(ToString::to_string).collect();
    file.exchanges.iter().map(|recorded| show(runner.run(recorded))).collect()
}

fn run_one(profile: Profile, text: &str) -> Vec<String> {
    run_all(profile, &format!("[[exchange]]\nname = \"one\"\n{text}")).remove(0)
}

#[test]
fn what_is_as_expected_passes() {
    let found = run_one(
        Profile::Strict,
        r#"
        [exchange.request]
        uri = "/on"
        method = "POST"
        headers = { accept = ["a", "b"] }
        body = "sent"
        [exchange.upstream]
        status = 201
        headers = { x-up = "1" }
        body = "answer"
        [exchange.expect]
        upstream = { method = "POST", uri = "/on", headers = { count = "1", accept = ["a", "b"], absent = false }, body = "sent" }
        response = { status = 201, headers = { seen = "1 false", x-up = "1", absent = false }, body = "answer" }
        logs = [{ level = "info", message = "on" }]
        "#,
    );
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn every_difference_is_named() {
    let found = run_one(
        Profile::Strict,
        r#"
        [exchange.request]
        uri = "/on"
        headers = { accept = ["a", "b"] }
        [exchange.upstream]
        body = "answer"
        [exchange.expect]
        upstream = { method = "PUT", uri = "/", headers = { count = "2", accept = ["a"], missing = "1" }, body = "sent" }
        response = { status = 401, headers = { seen = false }, body = "reply" }
        logs = []
        trap = true
        "#,
    );
    assert_eq!(
        found,
        [
            "trap: wanted one, found none",
            "upstream.method: wanted PUT, found GET",
            "upstream.uri: wanted /, found /on",
            "upstream.headers.accept: wanted \"a\", found [\"a\", \"b\"]",
            "upstream.headers.count: wanted \"2\", found \"1\"",
            "upstream.headers.missing: wanted \"1\", found none",
            "upstream.body: wanted \"sent\", found \"\"",
            "response.status: wanted 401, found 200",
            "response.headers.seen: wanted none, found \"1 false\"",
            "response.body: wanted \"reply\", found \"answer\"",
            "logs: wanted none, found [info \"on\"]",
        ]
    );
}

#[test]
fn long_bodies_show_where_they_differ() {
    let found = run_one(
        Profile::Strict,
        r#"
        upstream.body = { repeat = "abc", times = 1000 }
        expect.response = { body = { repeat = "abcd", times = 100 } }
        "#,
    );
    assert_eq!(
        found,
        [
            "response.body: wanted 400 bytes with \"dabcdabcdabcdabcdabcdabcdabcdabcdabcdabc\" at 3, found 3000 bytes with \"abcabcabcabcabcabcabcabcabcabcabcabcabca\" at 3"
        ]
    );
}

#[test]
fn calls_of_the_next_handler() {
    let stop = "request.uri = \"/stop\"\n";
    let upstream = |uri: &str, value: &str| {
        run_one(Profile::Strict, &format!("{uri}expect.upstream = {value}\n"))
    };
    assert_eq!(upstream(stop, "false"), Vec::<String>::new());
    assert_eq!(upstream(stop, "true"), ["upstream: wanted a call, found none"]);
    assert_eq!(upstream("", "true"), Vec::<String>::new());
    assert_eq!(upstream("", "false"), ["upstream: wanted no call, found GET /"]);
}

#[test]
fn traps_are_expected_or_not() {
    let trap = "request.uri = \"/trap\"\nexpect.response = { status = 500, body = \"internal server error\" }\n";
    assert_eq!(run_one(Profile::Strict, trap), ["trap: wanted none, found the URI says so"]);
    assert_eq!(
        run_one(Profile::Strict, &format!("{trap}expect.trap = true\n")),
        Vec::<String>::new()
    );
    let late = "request.uri = \"/late-trap\"\nexpect.trap = true\nexpect.response.status = 200\n";
    assert_eq!(
        run_one(Profile::Strict, late),
        ["response: wanted one, found none: the connection broke (late)"]
    );
    assert_eq!(
        run_one(Profile::Strict, "config = \"trap\"\n"),
        ["initialisation: wanted no trap, found the configuration says so"]
    );
}

#[test]
fn a_result_outside_the_abi_traps_in_strict_only() {
    let strange = "request.uri = \"/strange\"\nexpect.upstream = true\n";
    assert_eq!(run_one(Profile::Go, strange), Vec::<String>::new());
    let found = run_one(Profile::Strict, strange);
    assert_eq!(
        found[0],
        "trap: wanted none, found handle_request returned 0x2: its low word is 2, wanted 1 to go on or 0 to stop"
    );
}

#[test]
fn what_every_host_leaves_out_is_no_failure() {
    let text = "[[exchange]]\nname = \"a\"\nrequest.uri = \"/longer\"\nupstream.status = 304\nexpect.response = { status = 304, body = \"\" }\n";
    let file = parse(text, Path::new("test.toml")).unwrap_or_else(|error| panic!("{error}"));
    let report = Runner::new(Settings::default(), Puppet::default).run(&file.exchanges[0]);
    let [mismatch] = report.mismatches.as_slice() else { panic!("{report:?}") };
    assert!(mismatch.to_string().starts_with("recommendation: wanted what has an effect, found"));
    assert!(report.passed());
}

#[test]
fn what_is_not_portable_fails_in_strict_only() {
    let upper = "request.uri = \"/upper\"\n";
    assert_eq!(run_one(Profile::Go, upper), Vec::<String>::new());
    let found = run_one(Profile::Strict, upper);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with("portability: wanted what all hosts treat alike, found set_header_value in handle_request: the header name \"Count\""),
        "{found:?}"
    );
    let longer = "request.uri = \"/longer\"\nupstream.body = \"short\"\nexpect.response = { body = \"longer than before\" }\n";
    let strict = run_one(Profile::Strict, longer);
    assert!(strict[0].contains("the response's content-length is 5"), "{strict:?}");
    assert_eq!(strict.len(), 1, "the body is compared as it was meant");
    let go = run_one(Profile::Go, longer);
    assert_eq!(go.len(), 1);
    assert!(go[0].starts_with("response: wanted one, found none: the connection broke (after handle_response: the response's content-length is 5"), "{go:?}");
}

#[test]
fn the_guest_sees_that_the_next_handler_failed() {
    let fails = "upstream.fails = true\nexpect.response = { status = 502, headers = { seen = \"1 true\" } }\n";
    assert_eq!(run_one(Profile::Strict, fails), Vec::<String>::new());
}

const ONE_AFTER_THE_OTHER: &str = r#"
[[exchange]]
name = "first"
expect.upstream = { headers = { count = "1" } }
[[exchange]]
name = "second, with the same guest"
expect.upstream = { headers = { count = "2" } }
[[exchange]]
name = "another configuration, another guest"
config = "b"
expect.upstream = { headers = { count = "1" } }
[[exchange]]
name = "traps"
config = "b"
request.uri = "/trap"
expect.trap = true
[[exchange]]
name = "after the trap"
config = "b"
expect.upstream = { headers = { count = "1" } }
"#;

#[test]
fn a_guest_is_kept_until_it_traps_or_is_configured_anew() {
    let found = run_all(Profile::Strict, ONE_AFTER_THE_OTHER);
    assert_eq!(found, vec![Vec::<String>::new(); 5]);
}

#[test]
fn a_trapped_guest_is_kept_where_asked_for() {
    let file = parse(ONE_AFTER_THE_OTHER, Path::new("test.toml")).expect("it is in the format");
    let mut runner = Runner::new(Settings::default(), Puppet::default).reuse_after_trap(true);
    let last = file.exchanges.iter().map(|recorded| runner.run(recorded)).last();
    let found = last.expect("there are exchanges").mismatches;
    assert_eq!(found[0].to_string(), "upstream.headers.count: wanted \"1\", found \"3\"");
}

#[test]
fn a_body_can_be_wanted_without_a_text() {
    let found = |lacks: &str| {
        let text = format!("[[exchange]]\nname = \"a\"\nexpect.response.body_lacks = [{lacks}]\n");
        let expect = parse(&text, Path::new("a.toml")).unwrap().exchanges.remove(0).expect;
        let response = Response { body: b"a secret".to_vec(), ..Response::default() };
        let found = compare_wire(&expect, None, Some(&response));
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(found("\"secrets\", \"A\""), [""; 0]);
    assert_eq!(
        found("\"other\", \"secret\""),
        ["response.body: wanted none with \"secret\", found \"a secret\""]
    );
}

#[test]
fn a_live_host_is_compared_by_what_can_be_seen() {
    let file = parse(
        "[[exchange]]\nname = \"a\"\nexpect = { trap = true, logs = [], upstream = false, response = { status = 500 } }\n",
        Path::new("test.toml"),
    )
    .expect("it is in the format");
    let expect = &file.exchanges[0].expect;
    assert_eq!(compare_wire(expect, None, Some(&Response::with_status(500))), []);
    let found = compare_wire(expect, Some(&Request::default()), None);
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "upstream: wanted no call, found GET /",
            "response: wanted one, found none: the connection broke",
        ]
    );
}

#[test]
fn the_outcome_holds_what_was_called() {
    let file = parse("[[exchange]]\nname = \"a\"\n", Path::new("test.toml")).expect("a file");
    let outcome: Outcome = run(
        &mut Puppet::default(),
        &Settings { record_calls: true, ..Settings::default() }.into(),
        &file.exchanges[0],
    );
    let functions: Vec<_> = outcome.calls.iter().map(|call| call.function).collect();
    // Not started, so the response is not buffered and cannot be changed after the next handler.
    assert_eq!(functions, [Function::Log, Function::SetHeaderValue, Function::SetHeaderValue]);
    assert!(outcome.trap.is_some() && outcome.response.is_none());
}
