//! Calls that may not be made: what the trap says. When they trap is in the table.

use super::*;

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
    let mut hand = Hand::request(Profile::Strict);
    for kind in [HeaderKind::RequestTrailers, HeaderKind::ResponseTrailers] {
        let set = hand.set(kind, "a", "b");
        traps(set, TrapKind::Phase, "enable the feature trailers first");
    }
    let mut hand = Hand::request(Profile::Express);
    traps(hand.text(Function::GetSourceAddr), TrapKind::Missing, "profile express");
}

#[test]
fn messages_tell_what_was_found() {
    let mut hand = Hand::request(Profile::Strict);
    traps(hand.set(HeaderKind::Request, "", "v"), TrapKind::Name, "found an empty header name");
    let name = hand.put(b"a").0;
    let kind = hand.call(Function::RemoveHeader, &[4, name, 1]);
    traps(kind, TrapKind::Number, "found header kind");
    let body = hand.call(Function::WriteBody, &[2, 0, 0]);
    traps(body, TrapKind::Number, "found body kind");
    let outside = hand.call(Function::GetUri, &[SIZE as u64, 100]);
    traps(
        outside,
        TrapKind::Memory,
        "the buffer at 0x10000, 1 bytes, is not all in the guest's memory",
    );
    traps(hand.status(1000), TrapKind::Number, "wanted 100 to 999");
    traps(hand.give(Function::SetMethod, ""), TrapKind::Value, "found an empty method");
    traps(hand.give(Function::SetMethod, "G T"), TrapKind::Value, "found the method \"G T\"");
    let level = hand.call(Function::LogEnabled, &[4]);
    traps(level, TrapKind::Number, "found log level 4, wanted -1 (debug) to 3");
    let (ptr, len) = hand.put(b"a\xff");
    traps(hand.call(Function::Log, &[0, ptr, len]), TrapKind::Value, "not UTF-8");
}

#[test]
fn a_call_with_too_few_arguments_traps() {
    let mut hand = Hand::request(Profile::Strict);
    traps(hand.call(Function::SetUri, &[0]), TrapKind::Number, "called with 1 arguments, wanted 2");
}
