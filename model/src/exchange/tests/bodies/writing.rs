//! What becomes of what a guest writes, by `write_body`.

use super::*;

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
fn a_reply_in_pieces_is_whole_on_every_host() {
    for profile in Profile::ALL {
        for features in [Features::NONE, Features::BUFFER_RESPONSE] {
            let settings = with_features(profile, features);
            let mut hand = Hand::over(Exchange::for_request(settings, Request::default()));
            hand.write(RESPONSE, "one ").expect("no trap");
            hand.write(RESPONSE, "two").expect("no trap");
            hand.has_no_problem();
            assert_eq!(hand.finish().body, b"one two", "{profile} with {features}");
        }
    }
}

#[test]
fn express_reads_on_in_what_was_written() {
    let mut hand = Hand::with_body(with_features(Profile::Express, buffering()), b"abcdef");
    assert_eq!(hand.read(REQUEST, 3), Ok(("abc".to_owned(), false)));
    hand.write(REQUEST, "ABC").expect("no trap");
    assert_eq!(hand.read(REQUEST, 3), Ok((String::new(), true)));
    assert_eq!(hand.exchange.forward().expect("it goes on").body, b"ABC");
}
