//! Reading and writing bodies, and what the next handler and the client get of them.

use super::*;

const REQUEST: BodyKind = BodyKind::Request;
const RESPONSE: BodyKind = BodyKind::Response;

fn buffering() -> Features {
    Features::BUFFER_REQUEST.union(Features::BUFFER_RESPONSE)
}

fn read_all(hand: &mut Hand, kind: BodyKind, limit: u32) -> String {
    let mut all = String::new();
    for _ in 0..100 {
        let (chunk, eof) = hand.read(kind, limit).expect("reading does not trap");
        all += &chunk;
        if eof {
            return all;
        }
    }
    panic!("the body has no end: {all:?}");
}

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
        let (_, rest) = hand.exchange.forward_head().expect("it goes on");
        // The Go host kept the chunk that the end came with.
        assert_eq!(rest, if profile == Profile::Go { Rest::Nothing } else { Rest::AsSent });

        let headers = [("content-length", "2")].into_iter().collect();
        hand.exchange.answer_head(Response { headers, ..Response::default() });
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
    let settings =
        Settings { read_sizes: vec![0, 1, 5], features: buffering(), ..Settings::default() };
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
fn a_body_that_is_not_touched_goes_on() {
    for profile in Profile::ALL {
        for features in [Features::NONE, buffering()] {
            let mut hand = Hand::with_body(with_features(profile, features), b"abc");
            let upstream = hand.answer(hello()).expect("it goes on");
            assert_eq!(upstream.body, b"abc");
            assert_eq!(upstream.headers.first("content-length"), Some(&b"3"[..]));
            assert_eq!(hand.finish().body, b"hello");
            hand.has_no_problem();
        }
    }
}

#[test]
fn reading_it_all_and_writing_it_back_works_everywhere() {
    for profile in [Profile::Strict, Profile::Go] {
        for features in [Features::NONE, buffering()] {
            let mut hand = Hand::with_body(with_features(profile, features), b"abcdefg");
            let body = read_all(&mut hand, REQUEST, 2);
            hand.write(REQUEST, &body[..4]).expect("no trap");
            hand.write(REQUEST, &body[4..]).expect("no trap");
            assert_eq!(hand.exchange.forward().expect("it goes on").body, b"abcdefg");
            hand.has_no_problem();
        }
    }
}

#[test]
fn go_loses_a_body_that_is_read_and_not_written_back() {
    let mut hand = Hand::with_body(settings(Profile::Go), b"abc");
    read_all(&mut hand, REQUEST, 10);
    assert_eq!(hand.exchange.forward(), None);
    hand.has_problem("read and not written back: the host cannot send it and answers 502");
}

#[test]
fn a_read_that_gives_nothing_takes_nothing() {
    for profile in Profile::ALL {
        let settings = Settings { read_sizes: vec![0], ..with_features(profile, buffering()) };
        let mut hand = Hand::with_body(settings, b"abc");
        assert_eq!(hand.read(REQUEST, 10), Ok((String::new(), false)));
        assert_eq!(hand.exchange.forward().expect("it goes on").body, b"abc");
        hand.has_no_problem();
    }
}

#[test]
fn go_keeps_only_the_last_chunk() {
    let features = with_features(Profile::Go, buffering());
    let body = [b'x'; 3000];
    let mut hand = Hand::with_body(features.clone(), &body);
    read_all(&mut hand, REQUEST, 2048);
    assert_eq!(hand.exchange.forward(), None, "952 bytes for a content-length of 3000");
    let problems = hand.problems();
    assert!(problems[0].contains("kept only the last one, 952 of 3000 bytes"), "{problems:#?}");
    assert!(problems[1].contains("the host answers 502"), "{problems:#?}");

    let request = Request { body: body.to_vec(), chunked: true, ..Request::default() };
    let mut hand = Hand::over(Exchange::for_request(features.clone(), request));
    read_all(&mut hand, REQUEST, 2048);
    assert_eq!(hand.exchange.forward().expect("it goes on").body.len(), 952, "cut silently");

    let mut hand = Hand::with_body(features, &body);
    read_all(&mut hand, REQUEST, 4096);
    assert_eq!(hand.exchange.forward().expect("it goes on").body.len(), 3000, "one read");
}

#[test]
fn strict_reports_a_body_that_is_not_written_back() {
    for (features, wanted) in [(Features::NONE, &b"c"[..]), (buffering(), b"abc")] {
        let mut hand = Hand::with_body(with_features(Profile::Strict, features), b"abc");
        hand.read(REQUEST, 2).expect("no trap");
        assert_eq!(hand.exchange.forward().expect("it goes on").body, wanted);
        let problems = hand.problems();
        assert!(problems[0].contains("was read and not written back"), "{problems:#?}");
    }
}

#[test]
fn a_body_may_be_read_for_an_answer_of_the_guest() {
    let mut hand = Hand::with_body(settings(Profile::Strict), b"abc");
    let body = read_all(&mut hand, REQUEST, 2);
    hand.write(RESPONSE, &body).expect("no trap");
    assert_eq!(hand.finish().body, b"abc");
    hand.has_no_problem();
}

#[test]
fn a_changed_length_is_502_on_go() {
    for body in ["ab", "abcd", ""] {
        let mut hand = Hand::with_body(settings(Profile::Go), b"abc");
        hand.write(REQUEST, body).expect("no trap");
        hand.set(HeaderKind::Request, "content-length", &body.len().to_string()).expect("no trap");
        assert_eq!(hand.exchange.forward(), None);
        hand.has_problem("its length was fixed by the client: the host answers 502");
    }
    let mut hand = Hand::with_body(settings(Profile::Go), b"");
    hand.write(REQUEST, "abc").expect("no trap");
    let upstream = hand.exchange.forward().expect("it goes on");
    assert_eq!(upstream.headers.first("content-length"), Some(&b"0"[..]));
    assert_eq!(upstream.body, b"");
    hand.has_problem("came without one: it is lost");
}

#[test]
fn no_body_has_a_length_on_go_where_one_would_be_expected() {
    let sent = |method: &str, headers: &[(&str, &str)], chunked| {
        let method = method.to_owned();
        let headers = headers.iter().copied().collect();
        let request = Request { method, headers, chunked, ..Request::default() };
        let mut hand = Hand::over(Exchange::for_request(settings(Profile::Go), request));
        let upstream = hand.exchange.forward().expect("it goes on");
        upstream.headers.first("content-length").map(<[u8]>::to_vec)
    };
    for method in ["POST", "PUT", "PATCH"] {
        assert_eq!(sent(method, &[("content-length", "0")], false), Some(b"0".to_vec()));
        assert_eq!(sent(method, &[], false), Some(b"0".to_vec()));
        assert_eq!(sent(method, &[], true), None, "it comes in chunks");
    }
    for method in ["GET", "DELETE"] {
        assert_eq!(sent(method, &[("content-length", "0")], false), None);
    }
}

#[test]
fn a_changed_length_is_a_problem_in_strict() {
    for (sent, written) in [("abc", "ab"), ("", "abc")] {
        let mut hand = Hand::with_body(settings(Profile::Strict), sent.as_bytes());
        hand.write(REQUEST, written).expect("no trap");
        hand.set(HeaderKind::Request, "content-length", &written.len().to_string())
            .expect("no trap");
        assert_eq!(hand.exchange.forward().expect("it goes on").body, written.as_bytes());
        hand.has_problem("with a fixed content-length the official Go host answers 502");
    }
}

#[test]
fn a_chunked_body_may_change_its_length() {
    for profile in [Profile::Strict, Profile::Go] {
        let request = Request { body: b"abc".to_vec(), chunked: true, ..Request::default() };
        let mut hand = Hand::over(Exchange::for_request(settings(profile), request));
        assert!(
            !hand
                .names(HeaderKind::Request)
                .expect("no trap")
                .contains(&"content-length".to_owned())
        );
        hand.write(REQUEST, "abcdef").expect("no trap");
        assert_eq!(hand.exchange.forward().expect("it goes on").body, b"abcdef");
        hand.has_no_problem();
    }
}

#[test]
fn a_content_length_that_lies_is_reported() {
    let mut hand = Hand::with_body(settings(Profile::Strict), b"abc");
    hand.set(HeaderKind::Request, "content-length", "4").expect("no trap");
    hand.exchange.forward();
    hand.has_problem("the request's content-length is \"4\", its body has 3 bytes");
    let mut hand = Hand::with_body(settings(Profile::Go), b"abc");
    hand.set(HeaderKind::Request, "content-length", "4").expect("no trap");
    let upstream = hand.exchange.forward().expect("it goes on");
    assert_eq!(upstream.headers.first("content-length"), Some(&b"3"[..]), "go ignores the header");
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
fn the_first_write_replaces_and_later_ones_append() {
    for profile in [Profile::Strict, Profile::Go] {
        let mut hand = Hand::response(with_features(profile, buffering()));
        hand.remove(HeaderKind::Response, "content-length").expect("no trap");
        hand.write(RESPONSE, "one").expect("no trap");
        hand.write(RESPONSE, "two").expect("no trap");
        assert_eq!(hand.finish().body, b"onetwo");
        hand.has_no_problem();
    }
}

#[test]
fn an_empty_write_replaces_with_nothing() {
    for profile in [Profile::Strict, Profile::Go] {
        let mut hand = Hand::response(with_features(profile, buffering()));
        hand.remove(HeaderKind::Response, "content-length").expect("no trap");
        hand.write(RESPONSE, "").expect("no trap");
        assert_eq!(hand.finish().body, b"");
        let mut hand = Hand::request(profile);
        hand.write(RESPONSE, "").expect("no trap");
        hand.status(404).expect("no trap");
        assert_eq!(hand.finish().status, 200, "an empty write sends the head too");
    }
}

#[test]
fn a_response_is_rewritten_while_it_is_read() {
    for profile in [Profile::Strict, Profile::Go] {
        let mut hand = Hand::response(with_features(profile, buffering()));
        hand.remove(HeaderKind::Response, "content-length").expect("no trap");
        let mut eof = false;
        while !eof {
            let (chunk, end) = hand.read(RESPONSE, 2).expect("no trap");
            hand.write(RESPONSE, &chunk.to_uppercase()).expect("no trap");
            eof = end;
        }
        assert_eq!(hand.finish().body, b"HELLO");
        hand.has_no_problem();
    }
}

#[test]
fn express_keeps_only_the_last_write() {
    let mut hand = Hand::with_body(with_features(Profile::Express, buffering()), b"abc");
    hand.write(REQUEST, "one").expect("no trap");
    hand.write(REQUEST, "two").expect("no trap");
    let upstream = hand.answer(hello()).expect("it goes on");
    assert_eq!(upstream.body, b"two");
    hand.remove(HeaderKind::Response, "content-length").expect("no trap");
    hand.write(RESPONSE, "three").expect("no trap");
    hand.write(RESPONSE, "four").expect("no trap");
    assert_eq!(hand.finish().body, b"four");
}

#[test]
fn express_reads_on_in_what_was_written() {
    let mut hand = Hand::with_body(with_features(Profile::Express, buffering()), b"abcdef");
    assert_eq!(hand.read(REQUEST, 3), Ok(("abc".to_owned(), false)));
    hand.write(REQUEST, "ABC").expect("no trap");
    assert_eq!(hand.read(REQUEST, 3), Ok((String::new(), true)));
    assert_eq!(hand.exchange.forward().expect("it goes on").body, b"ABC");
}

#[test]
fn reading_takes_nothing_away_on_express() {
    let mut hand = Hand::with_body(with_features(Profile::Express, buffering()), b"abc");
    read_all(&mut hand, REQUEST, 2);
    assert_eq!(hand.exchange.forward().expect("it goes on").body, b"abc");
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

#[test]
fn a_body_for_a_response_with_a_content_length_of_nothing_is_lost() {
    for profile in Profile::ALL {
        let settings = with_features(profile, buffering());
        let mut hand = Hand::over(Exchange::for_request(settings, Request::default()));
        let headers = [("content-length", "0")].into_iter().collect();
        hand.answer(Response { headers, ..Response::default() });
        hand.write(RESPONSE, "abc").expect("no trap");
        let response = hand.finish();
        // Strict has told, and leaves the length to be mended.
        let wanted: &[u8] = if profile == Profile::Strict { b"abc" } else { b"" };
        assert_eq!((response.status, &*response.body), (200, wanted), "{profile}");
        hand.has_problem("content-length is 0, its body has 3 bytes: the client loses the body");
    }
}

#[test]
fn a_changed_response_with_the_old_content_length_breaks() {
    for body in ["hello, world", "hi"] {
        let mut hand = Hand::response(with_features(Profile::Go, buffering()));
        hand.write(RESPONSE, body).expect("no trap");
        assert_eq!(hand.exchange.finish(), None);
        hand.has_problem("the response's content-length is 5");
        let mut hand = Hand::response(with_features(Profile::Strict, buffering()));
        hand.write(RESPONSE, body).expect("no trap");
        assert_eq!(hand.finish().body, body.as_bytes());
        hand.has_problem("remove or rewrite content-length when the body changes");
    }
}

#[test]
fn a_body_longer_than_the_guest_said_traps() {
    for profile in [Profile::Strict, Profile::Go] {
        let mut hand = Hand::request(profile);
        hand.set(HeaderKind::Response, "content-length", "3").expect("no trap");
        hand.write(RESPONSE, "abc").expect("no trap");
        traps(hand.write(RESPONSE, "d"), TrapKind::Body, "the guest's own content-length is 3");
    }
}

#[test]
fn some_responses_have_no_body() {
    for profile in [Profile::Strict, Profile::Go] {
        for status in [204, 304] {
            let mut hand = Hand::request(profile);
            hand.status(status).expect("no trap");
            hand.write(RESPONSE, "").expect("an empty body is none");
            traps(hand.write(RESPONSE, "a"), TrapKind::Body, "has no body");
            let settings = with_features(profile, buffering());
            let mut hand = Hand::over(Exchange::for_request(settings, Request::default()));
            hand.status(status).expect("no trap");
            hand.write(RESPONSE, "abc").expect("no trap");
            assert_eq!(hand.finish().body, b"");
            hand.has_problem("has no body, 3 bytes were written: they are lost");
        }
    }
}

#[test]
fn the_answer_to_head_has_a_length_and_no_body() {
    let request = Request { method: "HEAD".to_owned(), ..Request::default() };
    let mut hand = Hand::over(Exchange::for_request(Settings::default(), request));
    let mut response = Response::default();
    response.headers.insert("content-length", "5");
    hand.answer(response);
    let response = hand.finish();
    assert_eq!(
        (response.body.len(), response.headers.first("content-length")),
        (0, Some(&b"5"[..]))
    );
    hand.has_no_problem();
}
