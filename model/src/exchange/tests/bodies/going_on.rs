//! What the next handler gets of a request's body that the guest has read, or has not.

use super::*;

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
        let test = TestSettings { read_sizes: vec![0], ..TestSettings::default() };
        let settings = InstanceSettings { test, ..with_features(profile, buffering()) };
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
fn reading_takes_nothing_away_on_express() {
    let mut hand = Hand::with_body(with_features(Profile::Express, buffering()), b"abc");
    read_all(&mut hand, REQUEST, 2);
    assert_eq!(hand.exchange.forward().expect("it goes on").body, b"abc");
}
