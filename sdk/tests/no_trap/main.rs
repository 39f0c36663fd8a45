//! What compiles does not trap the host: random programs of SDK operations, run in both hooks of
//! every kind of handler, against random requests and responses, by the rules of every host.
#![cfg(not(target_family = "wasm"))]

mod found;
mod interpret;
mod tape;

use std::cell::{Cell, RefCell};

use http_wasm_sdk::prelude::*;
use http_wasm_sdk::testing::model::exchange::Problem;
use http_wasm_sdk::testing::{self, Profile, Scenario};
use http_wasm_sdk::{Ctx, DynamicBuffering, Trailers, Unbuffered};
use proptest::prelude::*;

use interpret::{change, look, read_trailers, request_hook};
use tape::Tape;

thread_local! {
    static TAPE: RefCell<Tape> = RefCell::default();
    /// How many states there are.
    static STATES: Cell<i32> = const { Cell::new(0) };
}

/// Runs the next instructions of the program.
fn run<R>(instructions: impl FnOnce(&mut Tape) -> R) -> R {
    let mut tape = TAPE.take();
    let result = instructions(&mut tape);
    TAPE.replace(tape);
    result
}

/// A state that is counted.
struct Counted(#[expect(dead_code, reason = "a state with something in it")] String);

impl Counted {
    fn new() -> Self {
        STATES.set(STATES.get() + 1);
        Self("state".to_owned())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        STATES.set(STATES.get() - 1);
        log::debug("a state is dropped");
    }
}

macro_rules! kinds {
    ($($name:ident($($option:ident $(= $value:literal)?),*), $request:ty, $state:ty = $new:expr, $buffering:ty,
        |$t:ident, $response:ident $(, $trailers:ident)?| $hook:expr;)+) => {$(
        #[derive(Default)]
        struct $name;

        #[handler($($option $(= $value)?),*)]
        impl $name {
            fn request(
                &self,
                request: &mut $request,
                reply: Reply<'_>,
                $($trailers: Option<Trailers<'_>>,)?
            ) -> Result<Flow<$state>, Error> {
                let trailers = kinds!(@option $($trailers)?);
                run(|t| request_hook(t, request, reply, trailers, || $new))
            }

            fn response(
                &self,
                request: &Request,
                $response: &mut Response<$buffering>,
                _state: $state,
                $($trailers: Option<Trailers<'_, $buffering>>,)?
            ) -> Result<(), Error> {
                run(|$t| {
                    look($t, request, $response);
                    $hook
                })
            }
        }
    )+};
    (@option $trailers:ident) => { $trailers };
    (@option) => { None };
}

kinds! {
    Plain(no_export), Request, Counted = Counted::new(), Unbuffered, |_t, _response| Ok(());
    Whole(buffer_request, buffer_response), Request<Buffered>, Ctx = Ctx(7), Buffered, |t, response| change(t, response);
    Maybe(buffer_request, buffer_response = "dynamic"), Request<Buffered>, Counted = Counted::new(), DynamicBuffering,
        |t, response| response.when_buffered(|response| change(t, response)).unwrap_or(Ok(()));
    Trailing(trailers), Request, () = (), Unbuffered, |t, _response, trailers| {
        read_trailers(t, trailers);
        Ok(())
    };
    WholeTrailing(buffer_request, buffer_response, trailers), Request<Buffered>, Counted = Counted::new(), Buffered,
        |t, response, trailers| {
            interpret::trailers(t, trailers);
            change(t, response)
        };
    First(no_export, buffer_response = "dynamic"), Request, Counted = Counted::new(), DynamicBuffering,
        |t, response| response.when_buffered(|response| change(t, response)).unwrap_or(Ok(()));
    Second(no_export, buffer_request, trailers), Request<Buffered>, Ctx = Ctx(1), Unbuffered, |t, _response, trailers| {
        read_trailers(t, trailers);
        Ok(())
    };
    Third(no_export, buffer_request, buffer_response), Request<Buffered>, () = (), Buffered, |t, response| change(t, response);
}

http_wasm_sdk::chain!(Chain = First, Second, Third);
http_wasm_sdk::chain!(ShortChain = First, Plain);

/// What the strict profile reports of programs that do not trap, and where its documentation says so.
/// All else would be found by the authors of filters, on some hosts only.
const NOT_PORTABLE: &[(&str, &str)] = &[
    ("trailers were read that came with the message", "Trailers"),
    ("a request trailer was changed", "Trailers"),
    ("was changed again: the official Go host keeps only the last value", "Trailers"),
    ("request trailers were read after a response trailer was set", "Trailers"),
    ("was set before the next handler's, which has it too", "Trailers"),
    ("the response has trailers and a content-length", "Trailers"),
    ("the request's host was changed", "known::HOST"),
    ("the request's content-length is", "known::CONTENT_LENGTH"),
    ("the response's content-length is", "known::CONTENT_LENGTH"),
    ("was set before the next handler, which set it too", "Reply"),
    ("the request's body of", "RequestBody::replace, RequestBody::transform"),
    ("has no body", "Response::set_status"),
];

fn headers() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    prop::collection::vec(
        prop::sample::select(vec![
            ("x-a", "1"),
            ("x-a", "2, 3"),
            ("x-a", ""),
            ("etag", "\"caf\u{e9}\""),
            ("host", "a.test"),
            ("upgrade", "websocket"),
            ("set-cookie", "a=b"),
            ("x-long", "0123456789012345678901234567890123456789012345678901234567890123456789"),
        ]),
        0..4,
    )
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(Vec::new()),
        prop::collection::vec(any::<u8>(), 1..20),
        (60_usize..70).prop_map(|len| b"ab".repeat(len)),
        Just(b"0123456789".repeat(1200)),
    ]
}

prop_compose! {
    fn scenario()(
        method in prop::sample::select(vec!["GET", "HEAD", "POST", "M-SEARCH"]),
        uri in prop::sample::select(vec![
            "/", "/a", "/a/b?c=d", "/a?b/%zz&e", "/a|b[c]", "/%2F%61//", "/?", "*", "/caf%C3%A9?\"q\"",
        ]),
        request in (headers(), body(), any::<bool>(), any::<bool>()),
        answer in (headers(), body(), any::<bool>(), any::<bool>()),
        status in prop::sample::select(vec![200_u16, 201, 204, 304, 404, 503, 999]),
        fails in prop::bool::weighted(0.1),
        config in prop::collection::vec(any::<u8>(), 0..20),
        read_sizes in prop::collection::vec(prop::sample::select(vec![0, 1, 3, 100, 100_000]), 0..4),
        threshold in prop::sample::select(vec![log::Level::Debug, log::Level::Error]),
    ) -> Scenario {
        let mut scenario = Scenario::new(method, uri)
            .config(config)
            .read_sizes(read_sizes)
            .log_threshold(threshold)
            .body(request.1)
            .upstream_status(status);
        for (name, value) in request.0 {
            scenario = scenario.header(name, value);
        }
        if request.2 {
            scenario = scenario.chunked();
        }
        if request.3 {
            scenario = scenario.trailer("x-sum", "1");
        }
        for (name, value) in answer.0 {
            scenario = scenario.upstream_header(name, value);
        }
        if !matches!(status, 204 | 304) && method != "HEAD" {
            scenario = scenario.upstream_body(answer.1);
        }
        if answer.2 {
            scenario = scenario.upstream_chunked();
        }
        if answer.3 {
            scenario = scenario.upstream_trailer("x-sum", "1");
        }
        if fails { scenario.upstream_fails() } else { scenario }
    }
}

/// Plays with one kind of handler on each host, and gives the problems of the strict one.
fn run_program<H: Handler>(
    scenario: &Scenario,
    program: &[u8],
) -> Result<Vec<Problem>, TestCaseError> {
    let mut problems = Vec::new();
    for profile in Profile::ALL {
        let scenario = scenario.clone().profile(profile);
        let mut session = testing::session::<H>();
        TAPE.set(Tape::new(program, profile == Profile::Express));
        // The instance continues the program, as long as there is one.
        for _ in 0..3 {
            let outcome = session.run(&scenario);
            prop_assert!(
                outcome.trap.is_none(),
                "{} trapped: {outcome}",
                std::any::type_name::<H>()
            );
            prop_assert_eq!(STATES.get(), 0, "a state outlived its request");
            if profile == Profile::Strict {
                problems.extend(outcome.problems);
            }
            if TAPE.with_borrow(Tape::is_empty) {
                break;
            }
        }
        prop_assert_eq!(session.instances(), 1);
    }
    Ok(problems)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    #[cfg_attr(miri, ignore = "one case is up to 63 exchanges with long bodies: minutes for Miri")]
    fn what_compiles_does_not_trap(
        scenario in scenario(),
        program in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        STATES.set(0);
        let problems = [
            run_program::<Plain>(&scenario, &program)?,
            run_program::<Whole>(&scenario, &program)?,
            run_program::<Maybe>(&scenario, &program)?,
            run_program::<Trailing>(&scenario, &program)?,
            run_program::<WholeTrailing>(&scenario, &program)?,
            run_program::<Chain>(&scenario, &program)?,
            run_program::<ShortChain>(&scenario, &program)?,
        ];
        for problem in problems.into_iter().flatten() {
            let known = NOT_PORTABLE.iter().any(|(what, _)| problem.message.contains(what));
            prop_assert!(known, "a program that is not portable, and nobody has said so: {problem}");
        }
    }
}
