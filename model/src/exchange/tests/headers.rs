//! Headers, trailers and the status code.

use super::*;
use crate::exchange::header_map::Write;

const REQUEST: HeaderKind = HeaderKind::Request;
const RESPONSE: HeaderKind = HeaderKind::Response;

#[test]
fn names_are_in_lower_case_and_sorted() {
    let headers = [("X-B", "1"), ("x-a", "2"), ("Host", "h"), ("X-b", "3")];
    let request = Request { headers: headers.into_iter().collect(), ..Request::default() };
    let mut hand = Hand::over(Exchange::for_request(Settings::default(), request));
    let names = ["host", "x-a", "x-b"].map(str::to_owned).to_vec();
    assert_eq!(hand.names(REQUEST), Ok(names));
    for name in ["x-b", "X-B"] {
        assert_eq!(hand.values(REQUEST, name), Ok(vec!["1".to_owned(), "3".to_owned()]));
    }
    assert_eq!(hand.names(RESPONSE), Ok(vec![]));
}

#[test]
fn strict_refuses_names_and_values_that_cannot_be_sent() {
    for kind in [REQUEST, RESPONSE] {
        for name in ["a b", "a:", "ä", "a\n", " a", "(a)"] {
            let mut hand = Hand::request(Profile::Strict);
            traps(hand.set(kind, name, "v"), TrapKind::Name, "found the header name");
            traps(hand.add(kind, name, "v"), TrapKind::Name, "found the header name");
        }
        for value in ["a\r", "a\nb", "\0", "\u{7f}"] {
            let mut hand = Hand::request(Profile::Strict);
            traps(hand.set(kind, "a", value), TrapKind::Value, "without control characters");
            traps(hand.add(kind, "a", value), TrapKind::Value, "without control characters");
        }
        let mut hand = Hand::request(Profile::Strict);
        hand.set(kind, "a", "tab\tand ümlaut").expect("these can be sent");
    }
}

#[test]
fn go_sends_no_line_break_in_a_header() {
    let mut hand = Hand::request(Profile::Go);
    hand.set(RESPONSE, "a", "b\r\nc: d").expect("no trap");
    assert_eq!(hand.finish().headers.first("a"), Some(&b"b  c: d"[..]));
    let mut hand = Hand::request(Profile::Go);
    hand.set(REQUEST, "a", "b\nc").expect("no trap");
    assert_eq!(hand.exchange.forward(), None);
    hand.has_problem("cannot be sent: the host answers 502");
}

#[test]
fn strict_wants_lower_case() {
    let mut hand = Hand::request(Profile::Strict);
    hand.set(REQUEST, "X-A", "1").expect("no trap");
    hand.has_problem("the header name \"X-A\" is not in lower case");
    assert_eq!(hand.values(REQUEST, "x-a"), Ok(vec!["1".to_owned()]));
}

#[test]
fn express_does_not_find_other_than_lower_case() {
    let mut hand = Hand::request(Profile::Express);
    hand.set(REQUEST, "X-A", "1").expect("no trap");
    assert_eq!(hand.values(REQUEST, "X-A"), Ok(vec![]));
    assert_eq!(hand.values(REQUEST, "x-a"), Ok(vec![]));
    hand.set(REQUEST, "x-b", "1").expect("no trap");
    assert_eq!(hand.values(REQUEST, "X-B"), Ok(vec!["1".to_owned()]));
}

#[test]
fn strict_reports_a_change_of_the_host() {
    for change in [Function::SetHeaderValue, Function::AddHeaderValue] {
        let mut hand = Hand::request(Profile::Strict);
        hand.header(change, REQUEST, "host", "other.test").expect("no trap");
        hand.has_problem("the official Go host ignores it");
    }
    let mut hand = Hand::request(Profile::Strict);
    hand.remove(REQUEST, "host").expect("no trap");
    hand.has_problem("the official Go host ignores it");
}

#[test]
fn response_headers_after_the_head_are_lost() {
    for by_status in [true, false] {
        for profile in [Profile::Strict, Profile::Go] {
            let mut hand = Hand::request(profile);
            hand.set(RESPONSE, "early", "1").expect("no trap");
            let sent =
                if by_status { hand.status(201) } else { hand.write(BodyKind::Response, "x") };
            sent.expect("no trap");
            hand.set(RESPONSE, "late", "1").expect("no trap");
            match profile {
                Profile::Strict => {
                    hand.has_problem("the response header \"late\" was changed after")
                }
                _ => hand.has_no_problem(),
            }
            let response = hand.finish();
            assert!(response.headers.contains("early"));
            assert!(!response.headers.contains("late"), "{profile} has sent the head");
        }
    }
    let mut hand = Hand::request(Profile::Express);
    hand.status(201).expect("no trap");
    hand.set(RESPONSE, "a", "1").expect("the status sends nothing");
    hand.write(BodyKind::Response, "x").expect("no trap");
    traps(hand.set(RESPONSE, "b", "1"), TrapKind::Phase, "the response's head is sent already");
}

#[test]
fn a_status_after_the_first_byte_is_ignored() {
    for profile in Profile::ALL {
        let mut hand = Hand::request(profile);
        hand.write(BodyKind::Response, "x").expect("no trap");
        hand.status(404).expect("no trap");
        match profile {
            Profile::Strict => {
                hand.has_problem("the status was set after the response's head was sent")
            }
            _ => hand.has_no_problem(),
        }
        assert_eq!(hand.finish().status, 200);
    }
}

#[test]
fn the_order_that_works_everywhere() {
    for profile in Profile::ALL {
        for features in [Features::NONE, Features::BUFFER_RESPONSE] {
            let settings = with_features(profile, features);
            let mut hand = Hand::over(Exchange::for_request(settings, Request::default()));
            hand.set(RESPONSE, "a", "1").expect("no trap");
            hand.status(418).expect("no trap");
            hand.write(BodyKind::Response, "tea").expect("no trap");
            hand.write(BodyKind::Response, "pot").expect("no trap");
            hand.has_no_problem();
            let response = hand.finish();
            assert_eq!((response.status, response.headers.first("a")), (418, Some(&b"1"[..])));
            assert_eq!(response.body, b"teapot", "{profile} with {features}");
        }
    }
}

#[test]
fn a_buffered_status_can_be_read() {
    for profile in [Profile::Strict, Profile::Go] {
        let settings = with_features(profile, Features::BUFFER_RESPONSE);
        let mut hand = Hand::over(Exchange::for_request(settings, Request::default()));
        assert_eq!(hand.call(Function::GetStatusCode, &[]), Ok(200));
        hand.answer(Response::with_status(404));
        assert_eq!(hand.call(Function::GetStatusCode, &[]), Ok(404));
        hand.status(500).expect("no trap");
        hand.status(503).expect("no trap");
        assert_eq!(hand.call(Function::GetStatusCode, &[]), Ok(503));
        hand.has_no_problem();
        assert_eq!(hand.finish().status, 503);
    }
}

#[test]
fn a_status_that_cannot_be_sent_is_reported() {
    // The Go host notices at the end that it breaks the connection.
    let settings = with_features(Profile::Go, Features::BUFFER_RESPONSE);
    let mut hand = Hand::over(Exchange::for_request(settings, Request::default()));
    hand.status(1000).expect("no trap");
    assert_eq!(hand.exchange.finish(), None);
    hand.has_problem("the status code is 1000");
    let mut hand = Hand::request(Profile::Strict);
    hand.status(101).expect("no trap");
    hand.has_problem("the status 101 is an interim one");
}

#[test]
fn trailers_are_not_read_without_their_feature_in_strict() {
    let trailers: Headers = [("a", "1")].into_iter().collect();
    for kind in [HeaderKind::RequestTrailers, HeaderKind::ResponseTrailers] {
        let request = Request { trailers: trailers.clone(), ..Request::default() };
        let mut hand = Hand::over(Exchange::for_request(settings(Profile::Strict), request));
        hand.answer(Response { chunked: true, trailers: trailers.clone(), ..hello() });
        assert_eq!(hand.names(kind), Ok(vec![]));
        assert_eq!(hand.values(kind, "a"), Ok(vec![]));
        let problems = hand.problems();
        assert_eq!(problems.len(), 2, "one of each function: {problems:?}");
        for problem in problems {
            assert!(problem.contains("s were read without the feature trailers"), "{problem}");
        }
    }
}

#[test]
fn response_trailers_reach_the_client() {
    for profile in [Profile::Strict, Profile::Go] {
        let settings = with_features(profile, Features::TRAILERS);
        let mut hand = Hand::over(Exchange::for_request(settings, Request::default()));
        hand.write(BodyKind::Response, "body").expect("no trap");
        hand.set(HeaderKind::ResponseTrailers, "sum", "1").expect("trailers come after the head");
        assert_eq!(hand.values(HeaderKind::ResponseTrailers, "sum"), Ok(vec!["1".to_owned()]));
        hand.has_no_problem();
        assert_eq!(hand.finish().trailers.first("sum"), Some(&b"1"[..]));
    }
}

#[test]
fn trailers_with_a_content_length_are_not_sent() {
    let settings = with_features(Profile::Strict, Features::TRAILERS);
    let mut hand = Hand::over(Exchange::for_request(settings, Request::default()));
    hand.set(HeaderKind::ResponseTrailers, "sum", "1").expect("no trap");
    hand.answer(hello());
    assert!(hand.finish().trailers.is_empty());
    hand.has_problem("the response has trailers and a content-length");
}

#[test]
fn go_keeps_one_map_of_trailers() {
    let request = Request { trailers: [("came", "1")].into_iter().collect(), ..Request::default() };
    let settings = with_features(Profile::Go, Features::TRAILERS);
    let mut hand = Hand::over(Exchange::for_request(settings, request));
    let (up, down) = (HeaderKind::RequestTrailers, HeaderKind::ResponseTrailers);
    assert_eq!(hand.names(up), Ok(vec![]), "what came is not shown");
    hand.set(up, "a", "1").expect("no trap");
    hand.add(up, "a", "2").expect("no trap");
    assert_eq!(hand.values(down, "a"), Ok(vec!["2".to_owned()]), "adding replaces, in one map");
    hand.set(up, "X-B", "1").expect("no trap");
    assert_eq!(hand.names(up), Ok(vec!["x-b".to_owned(), "a".to_owned()]));
    assert_eq!(hand.values(up, "x-b"), Ok(vec![]), "names of trailers keep their case");
    let chunked =
        Response { chunked: true, trailers: [("theirs", "1")].into_iter().collect(), ..hello() };
    let upstream = hand.answer(chunked).expect("it goes on");
    assert_eq!(upstream.trailers.names().collect::<Vec<_>>(), ["came"]);
    assert!(!hand.names(down).expect("no trap").contains(&"theirs".to_owned()));
    let trailers = hand.finish().trailers;
    assert_eq!(trailers.names().collect::<Vec<_>>(), ["a", "theirs", "x-b"]);
}

#[test]
fn strict_reports_trailers_that_go_treats_otherwise() {
    let (up, down) = (HeaderKind::RequestTrailers, HeaderKind::ResponseTrailers);
    let settings = with_features(Profile::Strict, Features::from_bits(6));
    let request = Request { trailers: [("came", "1")].into_iter().collect(), ..Request::default() };
    let exchange = || Exchange::for_request(settings.clone(), request.clone());
    let mut hand = Hand::over(exchange());
    assert_eq!(hand.values(up, "came"), Ok(vec!["1".to_owned()]));
    hand.has_problem("the official Go host does not show them");
    let mut hand = Hand::over(exchange());
    hand.set(up, "a", "1").expect("no trap");
    hand.has_problem("the official Go host puts it into the response");
    assert!(hand.exchange.forward().expect("it goes on").trailers.contains("a"));
    let mut hand = Hand::over(exchange());
    hand.set(down, "a", "1").expect("no trap");
    hand.has_no_problem();
    hand.add(down, "a", "2").expect("no trap");
    hand.has_problem("the official Go host keeps only the last value");
    let bare = Exchange::for_request(settings.clone(), Request::default());
    let mut hand = Hand::over(bare);
    hand.set(down, "a", "1").expect("no trap");
    assert_eq!(hand.names(up), Ok(vec![]));
    hand.has_problem("after a response trailer was set: the official Go host shows that one");
    let mut hand = Hand::over(exchange());
    hand.answer(Response {
        chunked: true,
        trailers: [("theirs", "1")].into_iter().collect(),
        ..hello()
    });
    assert_eq!(hand.names(down), Ok(vec!["theirs".to_owned()]));
    hand.has_problem("the official Go host does not show them");
}

#[test]
fn few_and_many_headers_are_the_same_to_who_looks() {
    // A list, a map and a table, by what is written last.
    for (more, last) in [(0, "z"), (20, "z"), (0, "Z")] {
        let mut headers = Headers::new();
        for name in ["b", "a", "b"] {
            headers.append(name, "1");
        }
        for number in 0..more {
            headers.append(&format!("more-{number}"), "1");
        }
        headers.write_raw(last, b"1", Write::Append);
        assert_eq!((headers.len(), headers.count()), (3 + more, 4 + more));
        assert_eq!(headers.values("b"), [b"1", b"1"]);
        assert_eq!(headers.get("B"), [b"1", b"1"]);
        assert_eq!(headers.first("B"), Some(&b"1"[..]));
        assert_eq!(headers.sorted_names()[..1], [if last == "Z" { "Z" } else { "a" }]);

        assert!(!headers.remove_exact("B"), "{more} {last}: names are exact here");
        headers.insert("b", "2");
        assert_eq!(headers.values("b"), [b"2"]);
        headers.append("b", "3");
        headers.insert("a", "4");
        let all: Vec<_> = headers.iter().filter(|(name, _)| !name.starts_with("more")).collect();
        let mut wanted = [("a", &b"4"[..]), ("b", b"2"), ("b", b"3"), (last, b"1")];
        wanted.sort_by_key(|(name, _)| *name);
        assert_eq!(all, wanted);
        assert!(headers.remove("B") && !headers.contains("b"));
    }
}
