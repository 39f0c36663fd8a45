//! What goes on, what comes back, and what the client gets.

use super::*;

#[test]
fn the_answer_of_the_next_handler_reaches_the_client() {
    for profile in Profile::ALL {
        for features in [Features::NONE, Features::BUFFER_RESPONSE] {
            let settings = with_features(profile, features);
            let mut hand = Hand::over(Exchange::for_request(settings, Request::default()));
            hand.set(HeaderKind::Response, "mine", "1").expect("no trap");
            let mut theirs = Response { status: 201, ..hello() };
            theirs.headers.insert("theirs", "2");
            hand.answer(theirs);
            let names = ["content-length", "mine", "theirs"].map(str::to_owned).to_vec();
            assert_eq!(hand.names(HeaderKind::Response), Ok(names));
            let response = hand.finish();
            assert_eq!((response.status, response.body.as_slice()), (201, &b"hello"[..]));
            assert_eq!(response.headers.first("mine"), Some(&b"1"[..]));
            assert_eq!(response.headers.first("theirs"), Some(&b"2"[..]));
            hand.has_no_problem();
        }
    }
}

#[test]
fn a_response_header_set_on_both_sides() {
    for (profile, wanted) in [
        (Profile::Strict, "mine theirs"),
        (Profile::Go, "mine theirs"),
        (Profile::Express, "theirs"),
    ] {
        let mut hand = Hand::request(profile);
        hand.set(HeaderKind::Response, "a", "mine").expect("no trap");
        let mut theirs = hello();
        theirs.headers.insert("a", "theirs");
        hand.answer(theirs);
        let values = hand.values(HeaderKind::Response, "a").expect("no trap");
        assert_eq!(values.join(" "), wanted);
        match profile {
            Profile::Strict => {
                hand.has_problem("the response header \"a\" was set before the next handler")
            }
            _ => hand.has_no_problem(),
        }
    }
}

#[test]
fn a_response_trailer_set_on_both_sides() {
    for (profile, wanted) in
        [(Profile::Strict, ["mine", "theirs"]), (Profile::Go, ["theirs", "mine"])]
    {
        let settings = with_features(profile, Features::TRAILERS);
        let mut hand = Hand::over(Exchange::for_request(settings, Request::default()));
        hand.set(HeaderKind::ResponseTrailers, "a", "mine").expect("no trap");
        let trailers = [("a", "theirs")].into_iter().collect();
        hand.answer(Response { chunked: true, trailers, ..hello() });
        match profile {
            Profile::Strict => hand.has_problem("trailer \"a\" was set before the next handler's"),
            _ => hand.has_no_problem(),
        }
        assert_eq!(hand.finish().trailers.get("a"), wanted.map(|value| value.as_bytes().to_vec()));
    }
}

#[test]
fn an_answer_before_going_on_is_mixed_up() {
    let mut hand = Hand::request(Profile::Go);
    hand.status(403).expect("no trap");
    hand.write(BodyKind::Response, "no, ").expect("no trap");
    hand.answer(hello());
    let response = hand.finish();
    assert_eq!((response.status, response.body.as_slice()), (403, &b"no, hello"[..]));
    for features in [Features::NONE, Features::BUFFER_RESPONSE] {
        let settings = with_features(Profile::Strict, features);
        let mut hand = Hand::over(Exchange::for_request(settings, Request::default()));
        hand.write(BodyKind::Response, "no").expect("no trap");
        hand.answer(Response::default());
        hand.has_problem("the guest wrote a status or a body and then went on");
    }
}

#[test]
fn changes_after_an_unbuffered_answer_do_nothing_on_express() {
    let mut hand = Hand::response(settings(Profile::Express));
    hand.status(500).expect("no trap");
    hand.set(HeaderKind::Request, "late", "1").expect("no trap");
    hand.write(BodyKind::Request, "late").expect("no trap");
    assert_eq!(hand.finish().status, 200);
}

#[test]
fn a_next_handler_that_fails() {
    for (profile, wanted) in [(Profile::Strict, 502), (Profile::Go, 200)] {
        for features in [Features::NONE, Features::BUFFER_RESPONSE] {
            let settings = with_features(profile, features);
            let mut hand = Hand::over(Exchange::for_request(settings, Request::default()));
            hand.exchange.forward().expect("it goes on");
            hand.exchange.answer(Err(NextError("broken".to_owned())));
            if !features.is_empty() {
                assert_eq!(hand.call(Function::GetStatusCode, &[]), Ok(wanted.into()));
            }
            assert_eq!(hand.finish().status, wanted);
        }
    }
}

#[test]
fn a_buffered_answer_is_changed_in_the_response_hook() {
    for profile in Profile::ALL {
        let mut hand = Hand::response(with_features(profile, Features::BUFFER_RESPONSE));
        hand.status(202).expect("no trap");
        hand.set(HeaderKind::Response, "a", "1").expect("no trap");
        hand.set(HeaderKind::Response, "content-length", "3").expect("no trap");
        hand.write(BodyKind::Response, "new").expect("no trap");
        let response = hand.finish();
        assert_eq!((response.status, response.body.as_slice()), (202, &b"new"[..]));
        assert_eq!(response.headers.first("a"), Some(&b"1"[..]));
        hand.has_no_problem();
    }
}

#[test]
fn a_problem_that_repeats_is_told_once() {
    let mut hand = Hand::request(Profile::Strict);
    for _ in 0..3 {
        hand.set(HeaderKind::Request, "Upper", "1").expect("no trap");
    }
    hand.has_problem("set_header_value in handle_request: the header name \"Upper\"");
}

#[test]
fn an_exchange_moves_between_threads() {
    let hand = Hand::request(Profile::Strict);
    let exchange = std::thread::spawn(move || hand.exchange).join().expect("no panic");
    assert_eq!(exchange.phase(), Phase::Request);
}

#[test]
fn go_ignores_the_content_length_of_a_chunked_request() {
    for (profile, wanted) in [(Profile::Strict, Some(&b"3"[..])), (Profile::Go, None)] {
        let request = Request { body: b"abc".to_vec(), chunked: true, ..Request::default() };
        let mut hand = Hand::over(Exchange::for_request(settings(profile), request));
        hand.set(HeaderKind::Request, "content-length", "3").expect("no trap");
        let upstream = hand.exchange.forward().expect("it goes on");
        assert_eq!(upstream.headers.first("content-length"), wanted);
    }
}

#[test]
fn go_sends_an_interim_status_beside_the_response() {
    for features in [Features::NONE, Features::BUFFER_RESPONSE] {
        let settings = with_features(Profile::Go, features);
        let mut hand = Hand::over(Exchange::for_request(settings.clone(), Request::default()));
        hand.status(103).expect("no trap");
        hand.set(HeaderKind::Response, "a", "1").expect("the head is not sent");
        hand.write(BodyKind::Response, "early").expect("the final status has a body");
        let response = hand.finish();
        assert_eq!((response.status, response.body.as_slice()), (200, &b"early"[..]));
        assert!(response.headers.contains("a"));

        let mut hand = Hand::over(Exchange::for_request(settings, Request::default()));
        hand.status(103).expect("no trap");
        hand.status(404).expect("no trap");
        assert_eq!(hand.finish().status, 404);
    }
}

#[test]
fn go_does_not_look_at_a_status_that_comes_too_late() {
    let mut hand = Hand::request(Profile::Go);
    hand.status(404).expect("no trap");
    hand.status(1000).expect("no trap");
    assert_eq!(hand.finish().status, 404);
    let mut hand = Hand::request(Profile::Strict);
    hand.status(404).expect("no trap");
    traps(hand.status(1000), TrapKind::Number, "wanted 100 to 999");
}

/// Traps after these calls, over a memory that begins with `half`.
struct Trapping(&'static [Called]);

type Called = (Function, &'static [u64]);

impl crate::guest::Guest for Trapping {
    fn start(&mut self, _: &mut Exchange) -> Result<(), Trap> {
        Ok(())
    }

    fn handle_request(&mut self, exchange: &mut Exchange) -> Result<CtxNext, Trap> {
        let mut memory = b"half".to_vec();
        for (function, args) in self.0 {
            exchange.call(*function, args, &mut LinearMemory(&mut memory))?;
        }
        Err(Trap::guest("it has to"))
    }

    fn handle_response(&mut self, _: &mut Exchange, _: u32, _: bool) -> Result<(), Trap> {
        unreachable!("nothing goes on")
    }
}

#[test]
fn what_was_sent_before_a_trap_was_sent() {
    let plays: [(&[Called], u16, &str); 4] = [
        (&[], 500, "internal server error"),
        (&[(Function::SetStatusCode, &[201])], 201, ""),
        (&[(Function::WriteBody, &[1, 0, 4])], 200, "half"),
        (&[(Function::WriteBody, &[1, 0, 5])], 200, ""),
    ];
    for (calls, status, body) in plays {
        for profile in Profile::ALL {
            let played = |features| {
                let settings = with_features(profile, features);
                let mut exchange = Exchange::for_request(settings, Request::default());
                crate::guest::request_hook(&mut Trapping(calls), &mut exchange)
                    .expect_err("a trap");
                let response = crate::guest::after_trap(&mut exchange).expect("a response");
                (response.status, String::from_utf8(response.body).expect("text"))
            };
            let plain = (500, "internal server error".to_owned());
            let wanted =
                if profile == Profile::Go { (status, body.to_owned()) } else { plain.clone() };
            assert_eq!(played(Features::NONE), wanted, "{calls:?} on {profile}");
            assert_eq!(played(Features::BUFFER_RESPONSE), plain, "{calls:?} on {profile}");
        }
    }
}
