//! Whether a body is as long as its `content-length` says, and may be there at all.

use super::*;

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
fn a_body_for_a_response_with_a_content_length_of_nothing_is_lost() {
    for profile in Profile::ALL {
        let settings = with_features(profile, buffering());
        let mut hand = Hand::over(Exchange::for_request(settings, Request::default()));
        let headers = [("content-length", "0")].into_iter().collect();
        hand.answer(Response { headers, ..Response::default() });
        hand.write(RESPONSE, "abc").expect("no trap");
        let response = hand.finish();
        // Strict reports it, and leaves the length to be fixed.
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
            hand.has_problem("has no body, 3 bytes were written: hosts leave them out");
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
