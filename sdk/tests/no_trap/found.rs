//! What the random programs and a review have found, each by name: programs that trapped a host, and
//! such that lost a body without a word.

use std::cell::Cell;

use http_wasm_sdk::prelude::*;
use http_wasm_sdk::testing::{self, Profile, Scenario};
use http_wasm_sdk::{BodyError, DynamicBuffering, Trailers};

/// Plays on every host; nothing may trap.
fn everywhere<H: Handler>(scenario: &Scenario) -> Vec<testing::Outcome> {
    let run = |profile| testing::run::<H>(&scenario.clone().profile(profile));
    let outcomes: Vec<_> = Profile::ALL.map(run).into();
    for outcome in &outcomes {
        outcome.assert_ok();
    }
    outcomes
}

#[handler]
fn no_content_with_content(_request: &mut Request, reply: Reply<'_>) -> Responded {
    let mut body = reply.status(StatusCode::NO_CONTENT);
    body.write("one");
    body.body("two")
}

#[test]
fn a_response_without_a_body_gets_none() {
    for outcome in everywhere::<no_content_with_content>(&Scenario::get("/")) {
        assert_eq!((outcome.status(), outcome.response_text()), (204, ""));
    }
}

#[handler]
fn wrong_length(request: &mut Request, mut reply: Reply<'_>) -> Result<Responded, Error> {
    reply.headers_mut().insert(known::CONTENT_LENGTH, value!("3"));
    reply.headers_mut().append(known::CONTENT_LENGTH, value!("3"));
    let mut buffer = Buffer::<64>::new();
    if request.uri(&mut buffer)?.path_is("/fails") {
        return Err(Error::new("gave up"));
    }
    Ok(reply.header(known::CONTENT_LENGTH, value!("3")).body("four"))
}

#[test]
fn the_host_sets_the_length_of_a_reply() {
    for outcome in everywhere::<wrong_length>(&Scenario::get("/")) {
        assert_eq!(
            (outcome.response_header("content-length"), outcome.response_text()),
            (None, "four")
        );
    }
    for outcome in everywhere::<wrong_length>(&Scenario::get("/fails")) {
        assert_eq!(outcome.status(), 500);
    }
}

#[handler(no_export)]
fn responds_and_forwards(_request: &mut Request, reply: Reply<'_>) {
    reply.body("mine");
}

#[handler(no_export)]
fn marks(_request: &mut Request, reply: Reply<'_>) {
    let _ = reply.header(name!("x-late"), value!("1"));
}

http_wasm_sdk::chain!(AnswersAndGoesOn = responds_and_forwards, marks);

#[test]
fn after_a_reply_the_next_handler_is_not_called() {
    let scenario = Scenario::get("/").upstream_body("theirs");
    let alone = everywhere::<responds_and_forwards>(&scenario);
    for outcome in alone.iter().chain(&everywhere::<AnswersAndGoesOn>(&scenario)) {
        assert!(outcome.upstream.is_none());
        assert_eq!(outcome.response_text(), "mine");
        assert_eq!(outcome.call_names(), ["write_body"]);
    }
}

#[handler]
fn strips_more_than_a_path(request: &mut Request) -> Result<(), Error> {
    let mut buffer = Buffer::<64>::new();
    let mut uri = request.uri(&mut buffer)?;
    assert!(!uri.strip_prefix("/a?b"));
    request.set_uri(&uri);
    Ok(())
}

#[test]
fn a_query_does_not_become_a_path() {
    for outcome in everywhere::<strips_more_than_a_path>(&Scenario::get("/a?b/%zz")) {
        assert_eq!(outcome.upstream().uri, "/a?b/%zz");
    }
}

#[handler]
fn changes_its_mind(request: &mut Request) -> Result<(), Error> {
    let mut buffer = Buffer::<64>::new();
    let uri = request.uri(&mut buffer)?;
    request.set_uri(uri!("/other"));
    request.set_uri(&uri);
    Ok(())
}

#[test]
fn the_uri_of_the_client_can_be_set_after_another() {
    assert_eq!(everywhere::<changes_its_mind>(&Scenario::get("/a?b=[c|d]")).len(), 3);
}

#[derive(Default)]
struct AddsTrailers;

#[handler(trailers)]
impl AddsTrailers {
    fn request(
        &self,
        _request: &mut Request,
        mut reply: Reply<'_>,
        trailers: Option<Trailers<'_>>,
    ) {
        match trailers {
            Some(mut trailers) => trailers.response_mut().insert(name!("x-sum"), value!("1")),
            None => reply.headers_mut().insert(name!("x-no-trailers"), value!("1")),
        }
    }
}

#[test]
fn where_trailers_need_buffering_there_are_none_without() {
    for outcome in everywhere::<AddsTrailers>(&Scenario::get("/")) {
        let without = outcome.profile == Profile::Express;
        assert_eq!(outcome.response().headers.contains("x-no-trailers"), without);
        assert_eq!(outcome.response().trailers.contains("x-sum"), !without);
    }
}

#[derive(Default)]
struct Asks;

#[handler(no_export, buffer_response = "dynamic")]
impl Asks {
    fn request(&self, request: &mut Request, mut reply: Reply<'_>) {
        let granted = reply.buffer_response(request);
        request
            .headers_mut()
            .insert(name!("x-granted"), if granted { value!("1") } else { value!("0") });
    }

    fn response(&self, _request: &Request, response: &mut Response<DynamicBuffering>) {
        response.when_buffered(|response| {
            response.headers_mut().insert(name!("x-changed"), value!("1"));
        });
    }
}

#[test]
fn a_host_that_does_not_buffer_single_responses_is_detected() {
    for outcome in everywhere::<Asks>(&Scenario::get("/")) {
        let granted = outcome.profile != Profile::Express;
        assert_eq!(outcome.upstream_header("x-granted"), Some(if granted { "1" } else { "0" }));
        assert_eq!(outcome.response_header("x-changed").is_some(), granted);
    }
}

http_wasm_sdk::chain!(AsksForWhatIsThere = Asks, Inert);

#[derive(Default)]
struct Inert;

#[handler(no_export, buffer_response)]
impl Inert {
    fn request(&self, _request: &mut Request) {}

    fn response(&self, _request: &Request, _response: &mut Response<Buffered>) {}
}

#[test]
fn a_response_that_is_buffered_for_another_handler_of_the_chain_is_not_asked_for() {
    for outcome in everywhere::<AsksForWhatIsThere>(&Scenario::get("/")) {
        assert_eq!(outcome.upstream_header("x-granted"), Some("1"));
        assert_eq!(outcome.response_header("x-changed"), Some("1"));
        assert!(!outcome.call_names().contains(&"enable_features"));
    }
}

thread_local! {
    static BUILT: Cell<u32> = const { Cell::new(0) };
}

struct Late;

#[handler(fail_open)]
impl Late {
    fn new() -> Result<Self, Error> {
        BUILT.set(BUILT.get() + 1);
        if BUILT.get() == 1 { Err(Error::new("not yet")) } else { Ok(Self) }
    }

    fn request(&self, request: &mut Request) {
        request.headers_mut().insert(name!("x-seen"), value!("1"));
    }

    fn response(&self, _request: &Request, _response: &mut Response) {
        log::info("the response");
    }
}

#[test]
fn a_response_hook_does_not_run_without_its_request_hook() {
    BUILT.set(0);
    let mut session = testing::session::<Late>();
    let first = session.run(&Scenario::get("/"));
    assert_eq!(first.upstream_header("x-seen"), None);
    assert_eq!(first.messages(), ["error: not yet"]);
    let second = session.run(&Scenario::get("/"));
    assert_eq!(second.upstream_header("x-seen"), Some("1"));
    assert_eq!(second.messages(), ["info: the response"]);
}

#[derive(Default)]
struct Outer;

#[handler(no_export, buffer_response)]
impl Outer {
    fn request(&self, _request: &mut Request) {}

    fn response(&self, _request: &Request, response: &mut Response<Buffered>) {
        let mut buffer = Buffer::<64>::new();
        assert_eq!(response.body_mut().read_all(&mut buffer), Err(BodyError::AlreadyConsumed));
        assert_eq!(response.body_mut().read(&mut buffer), None);
        assert!(!response.body_mut().is_end());
    }
}

#[derive(Default)]
struct Inner;

#[handler(no_export, buffer_response)]
impl Inner {
    fn request(&self, _request: &mut Request) {}

    fn response(
        &self,
        _request: &Request,
        _response: &mut Response<Buffered>,
    ) -> Result<(), Error> {
        Err(Error::new("gave up"))
    }
}

http_wasm_sdk::chain!(Failing = Outer, Inner);

#[test]
fn the_text_of_a_failure_is_not_read_as_the_body() {
    for outcome in everywhere::<Failing>(&Scenario::get("/").upstream_body("secret")) {
        assert_eq!((outcome.status(), outcome.response_text()), (500, "internal server error\n"));
    }
}

macro_rules! response_hooks {
    ($($test:ident($body:ident, $buffer:ident) $hook:block => $status:literal $left:literal;)+) => {$(
        #[test]
        fn $test() {
            #[derive(Default)]
            struct Hook;

            #[handler(no_export, buffer_response)]
            impl Hook {
                fn request(&self, _request: &mut Request) {}

                fn response(&self, _: &Request, response: &mut Response<Buffered>) -> Result<(), Error> {
                    let (mut $body, mut $buffer) = (response.body_mut(), Buffer::<64>::new());
                    $hook
                }
            }

            for outcome in everywhere::<Hook>(&Scenario::get("/").upstream_body("secret")) {
                assert_eq!((outcome.status(), outcome.response_text()), ($status, $left));
            }
        }
    )+};
}

response_hooks! {
    a_transformation_to_nothing_leaves_nothing(body, buffer) {
        match body.transform(&mut buffer, |_, _| ()) {
            Err(BodyError::PartialWriteUnsupported) => Ok(body.replace("")?),
            done => Ok(done?),
        }
    } => 200 "";
    a_body_that_was_read_is_not_replaced_by_nothing(body, buffer) {
        assert_eq!(body.read_all(&mut buffer)?, b"secret");
        assert_eq!(body.map_all(&mut buffer, |_| ()), Err(BodyError::AlreadyConsumed));
        assert_eq!(body.map_overlapping(&mut buffer, 1, |_| ()), Err(BodyError::AlreadyConsumed));
        assert_eq!(body.transform(&mut buffer, |_, _| ()), Err(BodyError::AlreadyConsumed));
        assert!(body.is_end());
        Ok(())
    } => 200 "secret";
    a_body_that_was_read_in_part_is_not_cut(body, buffer) {
        assert_eq!(body.read(&mut [0; 2]).map(|chunk| chunk.len()), Some(2));
        assert_eq!(body.map_all(&mut buffer, |_| ()), Err(BodyError::AlreadyConsumed));
        Ok(())
    } => 200 "secret";
    a_body_that_was_replaced_is_not_read(body, buffer) {
        body.replace("mine")?;
        assert_eq!(body.read(&mut buffer), None);
        assert_eq!(body.read_all(&mut buffer), Err(BodyError::AlreadyConsumed));
        Ok(())
    } => 200 "mine";
    a_buffer_for_the_overlap_alone_changes_nothing(body, _buffer) {
        assert_eq!(body.map_overlapping(&mut [0; 4], 4, |_| ()), Err(BodyError::Stalled));
        assert_eq!(body.transform(&mut [0; 0], |_, _| ()), Err(BodyError::Stalled));
        Ok(())
    } => 200 "secret";
    an_error_sends_nothing_that_was_to_be_changed(body, _buffer) {
        Ok(body.map_overlapping(&mut [0; 4], 4, |_| ())?)
    } => 500 "internal server error\n";
}

macro_rules! request_hooks {
    ($($test:ident($body:ident, $buffer:ident) $hook:block on $scenario:expr => $left:expr;)+) => {$(
        #[test]
        fn $test() {
            #[handler(no_export, buffer_request)]
            fn hook(request: &mut Request<Buffered>) -> Result<(), Error> {
                let (mut $body, mut $buffer) = (request.body_mut(), Buffer::<64>::new());
                $hook
            }

            for outcome in everywhere::<hook>(&$scenario.body("upload")) {
                let express = outcome.profile == Profile::Express;
                let left: fn(bool) -> &'static str = $left;
                assert_eq!(outcome.upstream_text(), left(express));
            }
        }
    )+};
}

request_hooks! {
    a_request_body_is_forwarded_where_the_buffer_is_empty(body, _buffer) {
        assert_eq!(body.map_all(&mut [0; 0], |_| ()), Err(BodyError::BufferTooSmall));
        assert_eq!(body.map(&mut [0; 0], |_| ()), Err(BodyError::Stalled));
        Ok(())
    } on Scenario::post("/") => |_| "upload";
    a_request_body_is_forwarded_where_the_buffer_takes_the_overlap_alone(body, _buffer) {
        assert_eq!(body.map_overlapping(&mut [0; 4], 4, |_| ()), Err(BodyError::Stalled));
        Ok(())
    } on Scenario::post("/") => |_| "upload";
    a_request_body_that_was_forwarded_is_not_consumed(body, buffer) {
        assert_eq!(body.read_all(&mut buffer)?, b"upload");
        assert_eq!(body.read(&mut buffer), None);
        assert!(body.is_end());
        Ok(())
    } on Scenario::post("/") => |_| "upload";
    a_request_body_that_was_replaced_is_not_consumed(body, buffer) {
        body.replace("mine")?;
        assert_eq!(body.read(&mut buffer), None);
        Ok(body.drain(&mut buffer)?)
    } on Scenario::post("/").chunked() => |_| "mine";
    an_upload_that_is_transformed_to_nothing_is_empty(body, buffer) {
        match body.transform(&mut buffer, |_, _| ()) {
            Ok(()) | Err(BodyError::PartialWriteUnsupported) => Ok(()),
            Err(error) => Err(error.into()),
        }
    } on Scenario::post("/").chunked() => |express| if express { "upload" } else { "" };
}

/// Responds to the first request, and shows that to the second one.
#[derive(Default)]
struct Keeping {
    kept: Option<Responded>,
}

#[handler(no_export)]
impl Keeping {
    fn request(&mut self, _request: &mut Request, reply: Reply<'_>) -> Option<Responded> {
        if self.kept.is_none() {
            self.kept = Some(reply.end());
            return None;
        }
        self.kept.take()
    }
}

#[test]
fn a_response_to_another_request_is_none() {
    for profile in Profile::ALL {
        let mut session = testing::session::<Keeping>();
        let scenario = Scenario::get("/").profile(profile);
        assert_eq!(session.run(&scenario).assert_ok().status(), 200);
        let outcome = session.run(&scenario);
        assert_eq!((outcome.status(), outcome.response_text()), (500, "internal server error\n"));
        assert!(outcome.upstream.is_none());
    }
}

#[derive(Default)]
struct PieceByPiece;

#[handler(no_export, buffer_response)]
impl PieceByPiece {
    fn request(&self, _request: &mut Request, reply: Reply<'_>) -> Responded {
        let mut body = reply.status(StatusCode::ACCEPTED);
        body.write("one ");
        body.body("two")
    }

    fn response(&self, _request: &Request, _response: &mut Response<Buffered>) {}
}

#[test]
fn a_reply_in_pieces_is_whole_where_responses_are_buffered() {
    for outcome in everywhere::<PieceByPiece>(&Scenario::get("/")) {
        assert_eq!((outcome.status(), outcome.response_text()), (202, "one two"));
    }
}
