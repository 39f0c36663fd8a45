//! How handlers come to their configuration, and what becomes of errors.

use http_wasm_sdk::config::{self, ConfigError};
use http_wasm_sdk::prelude::*;
use http_wasm_sdk::testing::{self, Scenario};

#[derive(Config)]
struct Settings {
    #[config(default = 3)]
    limit: u8,
}

struct Plain(u8);

#[handler]
impl Plain {
    fn new(settings: Settings) -> Self {
        Self(settings.limit)
    }

    fn request(&mut self, request: &mut Request) {
        let mut digits = [0; 20];
        let value = HeaderValue::from_u64(self.0.into(), &mut digits);
        request.headers_mut().insert(name!("x-limit"), value);
    }
}

struct Checked;

#[handler(no_export, fail_open)]
impl Checked {
    fn new(settings: Option<Settings>) -> Result<Self, Error> {
        match settings {
            Some(Settings { limit: 0 }) => Err(Error::new("the limit cannot be 0")),
            _ => Ok(Self),
        }
    }

    fn request(&mut self, request: &mut Request) {
        request.headers_mut().insert(name!("x-checked"), value!("yes"));
    }
}

/// Reads its configuration by itself.
struct ByHand;

#[handler(no_export)]
impl ByHand {
    fn new() -> Result<Self, ConfigError> {
        config::load::<Settings>().map(|_| Self)
    }

    fn request(&mut self, _request: &mut Request) {}
}

/// Reads its configuration without an allocator.
struct OnTheStack(u8);

#[handler(no_export)]
impl OnTheStack {
    fn new() -> Result<Self, Error> {
        config::load_in::<Settings>(&mut Buffer::<32>::new()).map(|settings| Self(settings.limit))
    }

    fn request(&mut self, _request: &mut Request, reply: Reply<'_>) -> Option<Responded> {
        (self.0 == 1).then(|| reply.body("one"))
    }
}

const BROKEN: &str = r#"{"limit":"abc"}"#;
const MESSAGE: &str = r#"config: limit: expected a number, found "abc""#;

fn logs(outcome: &testing::Outcome) -> Vec<&str> {
    outcome.logs.iter().map(|entry| &*entry.message).collect()
}

#[test]
fn the_parameter_of_new_is_the_configuration() {
    for (document, limit) in [("", "3"), ("null", "3"), (r#"{"Limit":"7"}"#, "7")] {
        let outcome = testing::run::<Plain>(&Scenario::get("/").config(document));
        assert_eq!(outcome.upstream_header("x-limit"), Some(limit), "{document}");
    }
}

#[test]
fn an_error_is_logged_once_and_becomes_a_plain_500() {
    let outcome = testing::run::<Plain>(&Scenario::get("/").config(BROKEN));
    assert_eq!(outcome.status(), 500);
    assert_eq!(outcome.response_text(), "internal server error\n");
    assert_eq!(logs(&outcome), [MESSAGE]);
}

#[test]
fn fail_open_passes_requests_through() {
    let outcome = testing::run::<Checked>(&Scenario::get("/").config(BROKEN));
    assert_eq!((outcome.status(), outcome.upstream_header("x-checked")), (200, None));
    assert_eq!(logs(&outcome), [MESSAGE]);
    let outcome = testing::run::<Checked>(&Scenario::get("/").config(r#"{"limit":0}"#));
    assert_eq!((outcome.status(), outcome.upstream_header("x-checked")), (200, None));
    assert_eq!(logs(&outcome), ["the limit cannot be 0"]);
    let outcome = testing::run::<Checked>(&Scenario::get("/"));
    assert_eq!(outcome.upstream_header("x-checked"), Some("yes"));
}

#[test]
fn an_error_that_is_returned_is_logged_once() {
    let outcome = testing::run::<ByHand>(&Scenario::get("/").config(BROKEN));
    assert_eq!((outcome.status(), logs(&outcome)), (500, vec![MESSAGE]));
    assert_eq!(testing::run::<ByHand>(&Scenario::get("/")).status(), 200);
}

#[test]
fn without_an_allocator() {
    let run = |document: &str| testing::run::<OnTheStack>(&Scenario::get("/").config(document));
    assert_eq!(run(r#"{"limit":1}"#).response_text(), "one");
    assert_eq!((run(BROKEN).status(), logs(&run(BROKEN))), (500, vec![MESSAGE]));
    let long = run(&format!("{{{}}}", " ".repeat(100)));
    assert_eq!((long.status(), logs(&long)), (500, vec!["a value does not fit into the buffer"]));
}

#[test]
#[cfg_attr(miri, ignore = "a megabyte takes minutes there")]
fn a_configuration_has_a_cap() {
    let with_spaces = |len: u32| format!("{{\"limit\":1{}}}", " ".repeat(len as usize - 11));
    let outcome =
        testing::run::<Plain>(&Scenario::get("/").config(&*with_spaces(config::MAX_BYTES)));
    assert_eq!(outcome.upstream_header("x-limit"), Some("1"));
    let outcome =
        testing::run::<Plain>(&Scenario::get("/").config(&*with_spaces(config::MAX_BYTES + 1)));
    assert_eq!(outcome.status(), 500);
    assert_eq!(logs(&outcome), ["config: expected at most 1048576 bytes, found 1048577"]);
}
