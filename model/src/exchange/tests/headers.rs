//! Headers, trailers and the status code.

use super::*;
use crate::exchange::header_map::Write;

const REQUEST: HeaderKind = HeaderKind::Request;
const RESPONSE: HeaderKind = HeaderKind::Response;
const CHANGES: [Function; 3] =
    [Function::SetHeaderValue, Function::AddHeaderValue, Function::RemoveHeader];

#[test]
fn set_replaces_add_appends_remove_removes() {
    for profile in Profile::ALL {
        for kind in [REQUEST, RESPONSE] {
            let mut hand = Hand::request(profile);
            hand.add(kind, "a", "1").expect("no trap");
            hand.add(kind, "a", "2").expect("no trap");
            assert_eq!(hand.values(kind, "a"), Ok(vec!["1".to_owned(), "2".to_owned()]));
            hand.set(kind, "a", "3").expect("no trap");
            assert_eq!(hand.values(kind, "a"), Ok(vec!["3".to_owned()]));
            hand.set(kind, "b", "").expect("a value can be empty");
            assert_eq!(hand.values(kind, "b"), Ok(vec![String::new()]));
            hand.remove(kind, "a").expect("no trap");
            hand.remove(kind, "c").expect("what is not there can be removed");
            assert_eq!(hand.names(kind), Ok(vec!["b".to_owned()]));
            hand.has_no_problem();
        }
    }
}

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
fn an_empty_name_traps_everywhere() {
    for profile in Profile::ALL {
        for kind in [REQUEST, RESPONSE] {
            let mut hand = Hand::request(profile);
            let empty = "found an empty header name";
            traps(hand.values(kind, ""), TrapKind::Name, empty);
            traps(hand.set(kind, "", "v"), TrapKind::Name, empty);
            traps(hand.add(kind, "", "v"), TrapKind::Name, empty);
            traps(hand.remove(kind, ""), TrapKind::Name, empty);
        }
    }
}

#[test]
fn an_unknown_kind_traps_everywhere() {
    for profile in Profile::ALL {
        let mut hand = Hand::request(profile);
        let (name, _) = hand.put(b"a");
        for kind in [4, u64::from(u32::MAX)] {
            for args in [vec![kind, 0, 0], vec![kind, name, 1, 0, 0], vec![kind, name, 1]] {
                for function in [
                    Function::GetHeaderNames,
                    Function::GetHeaderValues,
                    Function::SetHeaderValue,
                    Function::AddHeaderValue,
                    Function::RemoveHeader,
                ] {
                    if function.params().len() == args.len() {
                        traps(hand.call(function, &args), TrapKind::Number, "found header kind");
                    }
                }
            }
            traps(
                hand.call(Function::ReadBody, &[kind, 0, 1]),
                TrapKind::Number,
                "found body kind",
            );
            traps(
                hand.call(Function::WriteBody, &[kind, 0, 0]),
                TrapKind::Number,
                "found body kind",
            );
        }
    }
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
fn go_bends_response_headers_and_fails_with_request_headers() {
    let mut hand = Hand::request(Profile::Go);
    hand.set(RESPONSE, "a", "b\r\nc: d").expect("no trap");
    hand.set(RESPONSE, "bad name", "v").expect("no trap");
    let response = hand.finish();
    assert_eq!(response.headers.first("a"), Some(&b"b  c: d"[..]));
    assert!(!response.headers.contains("bad name"));

    for (name, value) in [("a", "b\nc"), ("bad name", "v")] {
        let mut hand = Hand::request(Profile::Go);
        hand.set(REQUEST, name, value).expect("no trap");
        assert_eq!(hand.exchange.forward(), None);
        hand.has_problem("cannot be sent: the host answers 502");
    }
}

#[test]
fn express_refuses_bad_response_headers_only() {
    let mut hand = Hand::request(Profile::Express);
    traps(hand.set(RESPONSE, "a b", "v"), TrapKind::Name, "found the header name");
    traps(hand.set(RESPONSE, "a", "\n"), TrapKind::Value, "control characters");
    hand.set(REQUEST, "a b", "\n").expect("no trap");
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
fn the_host_is_read_and_not_set() {
    let sent = || Request {
        headers: [("host", "example.test")].into_iter().collect(),
        ..Request::default()
    };
    for profile in [Profile::Strict, Profile::Go] {
        for change in CHANGES {
            let mut hand = Hand::over(Exchange::for_request(settings(profile), sent()));
            let found = match change {
                Function::RemoveHeader => hand.remove(REQUEST, "host"),
                change => hand.header(change, REQUEST, "host", "other.test"),
            };
            found.expect("no trap");
            assert_eq!(hand.values(REQUEST, "host"), Ok(vec!["example.test".to_owned()]));
            assert_eq!(hand.names(REQUEST), Ok(vec!["host".to_owned()]));
            let upstream = hand.exchange.forward().expect("it goes on");
            assert_eq!(upstream.headers.first("host"), Some(&b"example.test"[..]));
            match profile {
                Profile::Strict => hand.has_problem("the official Go host ignores it"),
                _ => hand.has_no_problem(),
            }
        }
    }
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
            let wanted =
                if profile == Profile::Express && !features.is_empty() { "pot" } else { "teapot" };
            assert_eq!(response.body, wanted.as_bytes(), "{profile} with {features}");
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
fn a_status_is_a_number_of_three_digits() {
    for status in [0, 99, 1000, u32::MAX] {
        for profile in [Profile::Strict, Profile::Go] {
            let mut hand = Hand::request(profile);
            traps(hand.status(status), TrapKind::Number, "wanted 100 to 999");
        }
    }
    // Buffered, the Go host notices at the end: 0 is no status, others break the connection.
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
fn trailers_need_their_feature_in_strict() {
    for kind in [HeaderKind::RequestTrailers, HeaderKind::ResponseTrailers] {
        let mut hand = Hand::request(Profile::Strict);
        let message = "enable the feature trailers first";
        traps(hand.set(kind, "a", "b"), TrapKind::Phase, message);
        traps(hand.add(kind, "a", "b"), TrapKind::Phase, message);
        traps(hand.remove(kind, "a"), TrapKind::Phase, message);
        let mut hand = Hand::request(Profile::Go);
        hand.set(kind, "a", "b").expect("the Go host does not ask for the feature");
    }
    let mut hand = Hand::request(Profile::Express);
    let trailers = HeaderKind::ResponseTrailers;
    traps(hand.set(trailers, "a", "b"), TrapKind::Phase, "without response buffering");
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
