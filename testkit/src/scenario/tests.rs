//! Scenarios on a guest that is written here, and what can be asked of their outcomes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use http_wasm_abi::{CtxNext, Features, Function, HeaderKind, LogLevel, Phase};

use super::*;
use http_wasm_model::exchange::{Exchange, LinearMemory, Trap};

/// Counts its requests in a header, logs their URI, and does what it asks for.
#[derive(Default)]
struct Puppet {
    count: u8,
}

fn call(
    exchange: &mut Exchange,
    function: Function,
    args: &[u64],
    data: &[u8],
) -> Result<u64, Trap> {
    exchange.call(function, args, &mut LinearMemory(&mut data.to_vec()))
}

impl Guest for Puppet {
    fn start(&mut self, exchange: &mut Exchange) -> Result<(), Trap> {
        if exchange.settings().config == b"trap" {
            return Err(Trap::guest("the configuration says so"));
        }
        let asked = Features::BUFFER_RESPONSE.union(Features::TRAILERS);
        let enabled = call(exchange, Function::EnableFeatures, &[asked.bits().into()], &[])?;
        exchange
            .host_log(LogLevel::Info, format!("enabled {}", Features::from_bits(enabled as u32)));
        Ok(())
    }

    fn handle_request(&mut self, exchange: &mut Exchange) -> Result<CtxNext, Trap> {
        self.count += 1;
        let uri = exchange.request().uri.clone();
        exchange.host_log(LogLevel::Info, uri.clone());
        let count = format!("count{}", self.count);
        let len = count.len() as u64 - 5;
        call(exchange, Function::SetHeaderValue, &[0, 0, 5, 5, len], count.as_bytes())?;
        match uri.as_str() {
            "/trap" => Err(Trap::guest("the URI says so")),
            "/stop" => Ok(CtxNext::STOP),
            "/twice" => {
                call(exchange, Function::AddHeaderValue, &[0, 0, 5, 5, 1], b"count0")?;
                Ok(CtxNext::go_on(0))
            }
            "/host" => {
                call(exchange, Function::SetHeaderValue, &[0, 0, 4, 4, 1], b"hosta")?;
                Ok(CtxNext::go_on(0))
            }
            _ => Ok(CtxNext::go_on(0)),
        }
    }

    fn handle_response(
        &mut self,
        exchange: &mut Exchange,
        _: u32,
        is_error: bool,
    ) -> Result<(), Trap> {
        if is_error {
            call(exchange, Function::SetStatusCode, &[504], &[])?;
        }
        if exchange.request().uri == "/late" {
            return Err(Trap::guest("too late"));
        }
        Ok(())
    }
}

fn session() -> Session<'static, Puppet> {
    Session::new(Puppet::default)
}

fn run(scenario: &Scenario) -> Outcome {
    session().run(scenario)
}

/// The message of the panic that asking gives.
fn refusal<R>(ask: impl FnOnce() -> R) -> String {
    let payload = catch_unwind(AssertUnwindSafe(|| drop(ask()))).expect_err("it panics");
    payload.downcast_ref::<String>().expect("the message is a text").clone()
}

#[test]
fn a_scenario_says_what_is_sent_and_answered() {
    let scenario = Scenario::post("/a?b=c")
        .header("Accept", "x")
        .header("accept", "y")
        .body("hello")
        .trailer("sum", "1")
        .version("HTTP/2.0")
        .source_addr("192.0.2.1:1")
        .upstream_status(201)
        .upstream_header("x-a", "1")
        .upstream_body("done")
        .upstream_chunked()
        .upstream_trailer("sum", "2");
    let outcome = run(&scenario);
    let upstream = outcome.upstream();
    assert_eq!((upstream.method.as_str(), upstream.uri.as_str()), ("POST", "/a?b=c"));
    assert_eq!(upstream.version, "HTTP/2.0");
    assert_eq!(upstream.source_addr, "192.0.2.1:1");
    assert_eq!(upstream.trailers.first("sum"), Some(&b"1"[..]));
    assert_eq!(outcome.upstream_headers("accept"), ["x", "y"]);
    assert_eq!(outcome.upstream_header("content-length"), Some("5"));
    assert_eq!(outcome.upstream_text(), "hello");
    assert_eq!(outcome.status(), 201);
    assert_eq!(outcome.response_header("x-a"), Some("1"));
    assert_eq!(outcome.response_header("content-length"), None);
    assert_eq!(outcome.response_text(), "done");
    assert_eq!(outcome.response().trailers.first("sum"), Some(&b"2"[..]));
}

#[test]
fn a_scenario_says_on_which_host() {
    let chunked = Scenario::post("/").body("hello").chunked();
    assert_eq!(run(&chunked).upstream_header("content-length"), None);
    assert_eq!(run(&Scenario::get("/").upstream_fails()).status(), 504);
    let quiet = Scenario::get("/").log_threshold(LogLevel::Warn);
    assert!(run(&quiet).logs.is_empty());
    assert_eq!(run(&Scenario::get("/").profile(Profile::Go)).profile, Profile::Go);
}

#[test]
fn a_session_keeps_its_instance_while_the_settings_stay() {
    let mut session = session();
    let count = |session: &mut Session<'_, Puppet>, scenario: &Scenario| {
        session.run(scenario).upstream_header("count").map(str::to_owned)
    };
    assert_eq!(count(&mut session, &Scenario::get("/")).as_deref(), Some("1"));
    assert_eq!(count(&mut session, &Scenario::get("/other")).as_deref(), Some("2"));
    assert_eq!(session.instances(), 1);
    // Time goes on for an instance.
    let later = Scenario::get("/").clock(Duration::from_secs(1)).random_seed(2);
    assert_eq!(count(&mut session, &later).as_deref(), Some("3"));
    assert_eq!(session.instances(), 1);
    let configured = Scenario::get("/").config("a");
    assert_eq!(count(&mut session, &configured).as_deref(), Some("1"));
    assert_eq!(session.instances(), 2);
    assert!(session.run(&Scenario::get("/trap").config("a")).trap.is_some());
    assert!(session.guest().is_none(), "a trapped instance is not kept");
    assert_eq!(count(&mut session, &configured).as_deref(), Some("1"));

    let mut session = session.reuse_after_trap(true);
    assert!(session.run(&Scenario::get("/trap").config("a")).trap.is_some());
    assert_eq!(count(&mut session, &configured).as_deref(), Some("3"));
}

#[test]
fn initialisation_is_reported_apart() {
    let mut session = session();
    assert!(session.started().is_none());
    assert_eq!(session.run(&Scenario::get("/")).messages(), ["info: /"]);
    let started = session.started().expect("it has run");
    assert_eq!(started.calls[0].phase, Phase::Init);
    assert_eq!(started.logs[0].message, "enabled buffer_response|trailers");

    let outcome = session.run(&Scenario::get("/").config("trap"));
    assert!(outcome.trap.is_some() && outcome.response.is_none() && outcome.upstream.is_none());
    assert!(refusal(|| outcome.status()).contains("the configuration says so"));
}

#[test]
fn a_host_may_lack_features() {
    let mut session = session();
    session.run(&Scenario::get("/").without_features(Features::TRAILERS)).assert_ok();
    let started = session.started().expect("it has run");
    assert_eq!(started.settings.features, Features::BUFFER_RESPONSE);
    assert_eq!(started.logs[0].message, "enabled buffer_response");
}

#[test]
fn calls_are_there_by_hook() {
    let outcome = run(&Scenario::get("/").upstream_fails());
    assert_eq!(outcome.call_names(), ["set_header_value", "set_status_code"]);
    assert_eq!(
        outcome.calls_in(Phase::Request),
        [format!("set_header_value({}, \"count\", \"1\")", HeaderKind::Request)]
    );
    assert_eq!(outcome.calls_in(Phase::Response), ["set_status_code(504)"]);
}

#[test]
fn a_failed_assertion_shows_what_happened() {
    let stopped = run(&Scenario::get("/stop"));
    let shown = refusal(|| stopped.upstream().clone());
    assert!(shown.starts_with("the next handler was not called\nwhat happened"), "{shown}");
    for line in [
        "on a host of profile strict:",
        "\n  in handle_request:\n    set_header_value(request header, \"count\", \"1\")\n",
        "\n  logged info: /stop\n",
        "\n  the client got 200\n",
    ] {
        assert!(shown.contains(line), "{line:?} is not in {shown}");
    }

    let trapped = run(&Scenario::get("/trap"));
    assert!(refusal(|| trapped.status()).starts_with("the guest trapped: the URI says so\n"));
    assert_eq!(trapped.response.as_ref().map(|response| response.status), Some(500));

    let broken = run(&Scenario::get("/late"));
    assert!(broken.response.is_none());
    assert!(refusal(|| broken.status()).contains("the connection broke"));

    let unportable = run(&Scenario::get("/host"));
    let shown = refusal(|| unportable.status());
    assert!(shown.starts_with("not all hosts treat this alike: "), "{shown}");
    run(&Scenario::get("/host").profile(Profile::Go)).assert_ok();
}

#[test]
fn a_value_that_is_not_one_text_is_not_taken_for_one() {
    let twice = run(&Scenario::get("/twice"));
    assert_eq!(twice.upstream_headers("count"), ["1", "0"]);
    assert!(refusal(|| twice.upstream_header("count").is_some()).contains("several values"));

    let binary = Scenario::get("/").upstream_header("x-a", b"\xff").upstream_body(b"\xff");
    let outcome = run(&binary);
    assert!(refusal(|| outcome.response_header("x-a").is_some()).contains("\\xff"));
    assert!(refusal(|| outcome.response_text().len()).contains("the body is not text"));
}

#[test]
fn a_recorded_exchange_is_a_scenario() {
    let text =
        "config = \"c\"\n[[exchange]]\nname = \"a\"\nrequest.uri = \"/a\"\nupstream.status = 404\n";
    let file = crate::recorded::parse(text, std::path::Path::new("test.toml")).expect("a file");
    let settings = Settings { profile: Profile::Express, ..Settings::default() };
    assert_eq!(
        file.exchanges[0].scenario(&settings.into()),
        Scenario::get("/a").config("c").profile(Profile::Express).upstream_status(404)
    );
}
