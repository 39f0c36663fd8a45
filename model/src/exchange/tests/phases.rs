//! Which function may be called when.

use http_wasm_abi::{Access, FUNCTIONS, Phases};

use super::*;

/// Arguments that are right for every function: kinds of the given side, and texts of one byte.
fn arguments(hand: &mut Hand, function: Function, response: bool) -> Vec<u64> {
    let (text, _) = hand.put(b"/");
    let name = hand.put(b"a").0;
    let params = function.params();
    let has_name = params.iter().any(|param| param.name == "name");
    params
        .iter()
        .map(|param| match param.name {
            "kind" => response.into(),
            "buf" => BUFFER as u64,
            "status_code" => 200,
            "features" | "level" => 0,
            "name" => name,
            "method" => name,
            _ if param.name.ends_with("_len") => 1,
            "buf_limit" => 1,
            _ if has_name => name,
            _ => text,
        })
        .collect()
}

fn in_phase(phase: Phase, settings: Settings) -> Hand {
    match phase {
        Phase::Init => Hand::over(Exchange::new(settings)),
        Phase::Request => Hand::with_body(settings, b"body"),
        Phase::Response => Hand::response(settings),
    }
}

fn belongs_to_response(function: Function, kind_is_response: bool) -> bool {
    let has_kind = function.params().iter().any(|param| param.name == "kind");
    let status = matches!(function, Function::GetStatusCode | Function::SetStatusCode);
    status || has_kind && kind_is_response
}

/// Calls every function in every phase and holds what happens against `allowed`.
fn sweep(profile: Profile, allowed: impl Fn(Function, Phase, bool, Features) -> bool) {
    let buffering = Features::BUFFER_REQUEST.union(Features::BUFFER_RESPONSE);
    let mut wrong = Vec::new();
    for function in FUNCTIONS {
        if profile.missing().contains(&function) {
            continue;
        }
        for phase in [Phase::Init, Phase::Request, Phase::Response] {
            for features in [Features::NONE, buffering] {
                for kind_is_response in [false, true] {
                    let response = belongs_to_response(function, kind_is_response);
                    let mut hand = in_phase(phase, with_features(profile, features));
                    let args = arguments(&mut hand, function, kind_is_response);
                    let found = hand.call(function, &args);
                    let wanted = allowed(function, phase, response, features);
                    let is_right = match &found {
                        Ok(_) => wanted,
                        Err(trap) => {
                            !wanted && matches!(trap.kind(), TrapKind::Phase | TrapKind::Body)
                        }
                    };
                    if !is_right {
                        let side = if response { "response" } else { "request" };
                        wrong.push(format!("{function} in {phase} for the {side} with {features}: {found:?}, wanted {wanted}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn by_the_table(function: Function, phase: Phase, response: bool, features: Features) -> bool {
    let Access { request, response: unbuffered, buffered_response } = function.access();
    let phases: Phases = match (response, features.contains(Features::BUFFER_RESPONSE)) {
        (false, _) => request,
        (true, false) => unbuffered,
        (true, true) => buffered_response,
    };
    phases.contains(phase)
}

#[test]
fn strict_allows_what_the_table_allows() {
    sweep(Profile::Strict, by_the_table);
}

#[test]
fn go_allows_two_calls_more() {
    sweep(Profile::Go, |function, phase, response, features| {
        let late_read = function == Function::ReadBody
            && !response
            && features.contains(Features::BUFFER_REQUEST);
        by_the_table(function, phase, response, features)
            || phase == Phase::Response && (function == Function::EnableFeatures || late_read)
    });
}

#[test]
fn express_checks_few_phases() {
    sweep(Profile::Express, |function, phase, response, features| {
        let buffered = features.contains(Features::BUFFER_RESPONSE);
        match (function, response) {
            _ if phase == Phase::Init => by_the_table(function, phase, response, features),
            // Without buffering its bodies are not there.
            (Function::ReadBody, false) => features.contains(Features::BUFFER_REQUEST),
            (Function::ReadBody, true) => buffered,
            // After the next handler the head of an unbuffered response is sent.
            (
                Function::SetHeaderValue
                | Function::AddHeaderValue
                | Function::RemoveHeader
                | Function::WriteBody,
                true,
            ) => phase == Phase::Request || buffered,
            _ => true,
        }
    });
}

#[test]
fn messages_tell_what_to_do() {
    let mut hand = Hand::over(Exchange::default());
    traps(
        hand.text(Function::GetUri),
        TrapKind::Phase,
        "called during initialisation; only enable_features, get_config, log and log_enabled",
    );
    let mut hand = Hand::response(settings(Profile::Strict));
    traps(
        hand.give(Function::SetUri, "/"),
        TrapKind::Phase,
        "called in handle_response for the request, which is too late; do it in handle_request",
    );
    traps(
        hand.status(200),
        TrapKind::Phase,
        "called in handle_response without response buffering; enable the feature buffer_response first",
    );
    traps(hand.set(HeaderKind::Response, "a", "b"), TrapKind::Phase, "without response buffering");
}

#[test]
fn a_call_with_too_few_arguments_traps() {
    let mut hand = Hand::request(Profile::Strict);
    traps(hand.call(Function::SetUri, &[0]), TrapKind::Number, "called with 1 arguments, wanted 2");
}
