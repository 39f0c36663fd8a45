//! What `read_body` gives: pieces, their ends, and when it traps.

use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderValue};

use super::*;

#[test]
fn a_body_is_read_chunk_by_chunk() {
    for profile in Profile::ALL {
        let mut hand = Hand::with_body(with_features(profile, buffering()), b"abcdefg");
        assert_eq!(hand.read(REQUEST, 3), Ok(("abc".to_owned(), false)));
        assert_eq!(hand.read(REQUEST, 3), Ok(("def".to_owned(), false)));
        assert_eq!(hand.read(REQUEST, 3), Ok(("g".to_owned(), true)));
        assert_eq!(hand.read(REQUEST, 3), Ok((String::new(), true)));
    }
}

#[test]
fn the_end_may_come_with_the_last_byte_or_after_it() {
    let mut hand = Hand::with_body(with_features(Profile::Go, buffering()), b"abc");
    assert_eq!(hand.read(REQUEST, 3), Ok(("abc".to_owned(), true)));
    hand.answer(hello());
    assert_eq!(hand.read(RESPONSE, 5), Ok(("hello".to_owned(), false)));
    assert_eq!(hand.read(RESPONSE, 5), Ok((String::new(), true)));
    assert_eq!(hand.read(RESPONSE, 5), Ok((String::new(), true)));
}

#[test]
fn a_body_that_arrives_ends_with_its_last_byte_where_its_length_is_known() {
    for profile in [Profile::Strict, Profile::Go] {
        let headers = [("content-length", "6")].into_iter().collect();
        let head = Request { method: "POST".to_owned(), headers, ..Request::default() };
        let settings = with_features(profile, buffering());
        let mut hand = Hand::over(Exchange::for_request_head(settings, head));
        hand.exchange.feed(REQUEST, b"abc").expect("it fits");
        assert_eq!(hand.needs_for_read(REQUEST, 6), Some(REQUEST));
        hand.exchange.feed(REQUEST, b"def").expect("it fits");
        assert_eq!(hand.needs_for_read(REQUEST, 9), None);
        assert_eq!(hand.read(REQUEST, 6), Ok(("abcdef".to_owned(), true)));
        let rest = hand.exchange.forward_head(true).expect("it goes on").rest;
        // The Go host kept the chunk that the end came with.
        assert_eq!(rest, if profile == Profile::Go { Rest::Nothing } else { Rest::AsSent });

        let mut headers = HeaderMap::from_iter([(CONTENT_LENGTH, HeaderValue::from_static("2"))]);
        hand.exchange.answer_head(200, &mut headers);
        hand.exchange.feed(RESPONSE, b"xy").expect("it fits");
        assert_eq!(hand.needs_for_read(RESPONSE, 4), None);
        assert_eq!(hand.read(RESPONSE, 4), Ok(("xy".to_owned(), true)));
    }
}

#[test]
fn an_empty_body_ends_at_once() {
    for profile in Profile::ALL {
        let mut hand = Hand::with_body(with_features(profile, buffering()), b"");
        assert_eq!(hand.read(REQUEST, 3), Ok((String::new(), true)));
        hand.answer(Response::default());
        assert_eq!(hand.read(RESPONSE, 3), Ok((String::new(), true)));
    }
}

#[test]
fn short_and_empty_reads_are_not_the_end() {
    let settings = InstanceSettings {
        test: TestSettings { read_sizes: vec![0, 1, 5], ..TestSettings::default() },
        ..with_features(Profile::Strict, buffering())
    };
    let mut hand = Hand::with_body(settings, b"abcdefgh");
    let mut reads = Vec::new();
    while reads.last().is_none_or(|(_, eof)| !eof) {
        reads.push(hand.read(REQUEST, 100).expect("no trap"));
    }
    let chunks: Vec<_> = reads.iter().map(|(chunk, _)| chunk.as_str()).collect();
    assert_eq!(chunks, ["", "a", "bcdef", "", "g", "h"]);
    hand.answer(hello());
    assert_eq!(read_all(&mut hand, RESPONSE, 100), "hello");
}

#[test]
fn a_limit_of_nothing_traps() {
    for profile in [Profile::Strict, Profile::Go] {
        let mut hand = Hand::with_body(with_features(profile, buffering()), b"abc");
        traps(hand.read(REQUEST, 0), TrapKind::Limit, "a limit of 0 bytes");
        hand.answer(hello());
        traps(hand.read(RESPONSE, 0), TrapKind::Limit, "a limit of 0 bytes");
    }
    let mut hand = Hand::with_body(with_features(Profile::Express, buffering()), b"abc");
    assert_eq!(hand.read(REQUEST, 0), Ok((String::new(), false)));
}

#[test]
fn reading_after_writing() {
    let mut hand = Hand::with_body(settings(Profile::Go), b"abc");
    hand.write(REQUEST, "xyz").expect("no trap");
    assert_eq!(read_all(&mut hand, REQUEST, 10), "xyz");
    assert_eq!(hand.exchange.forward(), None, "what the guest read back is gone");
    let mut hand = Hand::with_body(settings(Profile::Strict), b"abc");
    hand.write(REQUEST, "xyz").expect("no trap");
    read_all(&mut hand, REQUEST, 10);
    assert!(hand.problems()[0].contains("was read after it was written"));

    let settings = with_features(Profile::Strict, buffering());
    let mut hand = Hand::response(settings);
    hand.write(RESPONSE, "xyz").expect("no trap");
    assert_eq!(read_all(&mut hand, RESPONSE, 10), "xyz");
    hand.has_problem("the guest reads its own bytes");
}

#[test]
fn go_reads_the_request_once_more_after_next() {
    let buffered = with_features(Profile::Go, buffering());
    let mut hand = Hand::with_body(buffered.clone(), b"abc");
    hand.answer(hello());
    traps(hand.read(REQUEST, 10), TrapKind::Body, "closed by the next handler");
    let mut hand = Hand::with_body(buffered, b"abc");
    read_all(&mut hand, REQUEST, 10);
    hand.answer(hello());
    assert_eq!(hand.read(REQUEST, 10), Ok((String::new(), true)));
}

#[test]
fn reading_the_response_before_next() {
    let mut hand = Hand::with_body(with_features(Profile::Go, buffering()), b"");
    assert_eq!(hand.read(RESPONSE, 10), Ok((String::new(), true)));
    hand.answer(hello());
    assert_eq!(hand.read(RESPONSE, 10), Ok((String::new(), true)), "go keeps the empty reader");
    let mut hand = Hand::with_body(with_features(Profile::Strict, buffering()), b"");
    hand.read(RESPONSE, 10).expect("no trap");
    hand.has_problem("the response's body was read before the next handler");
}
