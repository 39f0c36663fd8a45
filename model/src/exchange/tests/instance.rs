//! Features, configuration and log.

use http_wasm_abi::LogLevel;

use super::*;

fn enable(hand: &mut Hand, bits: u32) -> u64 {
    hand.call(Function::EnableFeatures, &[bits.into()]).expect("enabling does not trap")
}

#[test]
fn features_of_a_request_end_with_it() {
    let mut hand = Hand::over(Exchange::new(settings(Profile::Strict)));
    enable(&mut hand, 4);
    let carried = hand.exchange.into_instance_settings();
    assert_eq!(carried.features, Features::TRAILERS);
    let mut hand = Hand::over(Exchange::for_request(carried, Request::default()));
    assert_eq!(enable(&mut hand, 2), 6);
    assert_eq!(hand.exchange.into_instance_settings().features, Features::TRAILERS);
}

#[test]
fn express_buffers_only_what_was_enabled_at_the_start() {
    let mut hand = Hand::with_body(settings(Profile::Express), b"abc");
    enable(&mut hand, 3);
    traps(hand.read(BodyKind::Request, 10), TrapKind::Body, "without request buffering");
    hand.answer(hello());
    traps(hand.read(BodyKind::Response, 10), TrapKind::Phase, "without response buffering");
}

#[test]
fn buffering_enabled_too_late_is_reported() {
    let mut hand = Hand::with_body(settings(Profile::Strict), b"abc");
    hand.read(BodyKind::Request, 10).expect("no trap");
    enable(&mut hand, 1);
    hand.has_problem("request buffering was enabled after reading had begun");
    let mut hand = Hand::request(Profile::Strict);
    hand.write(BodyKind::Response, "abc").expect("no trap");
    enable(&mut hand, 2);
    hand.has_problem("response buffering was enabled after the response's head was sent");
}

#[test]
fn config_is_any_bytes_or_none() {
    let bytes = [0, 255, b'{'];
    let mut hand = Hand::over(Exchange::new(Settings::with_config(bytes)));
    assert_eq!(hand.call(Function::GetConfig, &[BUFFER as u64, 3]), Ok(3));
    assert_eq!(hand.memory[BUFFER..BUFFER + 3], bytes);
    let mut hand = Hand::over(Exchange::default());
    assert_eq!(hand.call(Function::GetConfig, &[0, 0]), Ok(0));
    let nowhere = u32::MAX.into();
    assert_eq!(hand.call(Function::GetConfig, &[nowhere, 100]), Ok(0), "nothing is written");
}

#[test]
fn config_can_change_from_one_call_to_the_next() {
    let later_configs = vec![b"bb".to_vec(), b"ccc".to_vec()];
    let settings = InstanceSettings {
        settings: Settings::with_config("a"),
        test: TestSettings { later_configs, ..TestSettings::default() },
        features: Features::NONE,
    };
    for exchange in
        [Exchange::new(settings.clone()), Exchange::for_request(settings, Request::default())]
    {
        let mut hand = Hand::over(exchange);
        for wanted in ["a", "bb", "ccc", "ccc"] {
            assert_eq!(hand.text(Function::GetConfig).as_deref(), Ok(wanted));
        }
    }
}

fn log(hand: &mut Hand, level: i32, message: &[u8]) -> Result<u64, Trap> {
    let (ptr, len) = hand.put(message);
    hand.call(Function::Log, &[u64::from(level.cast_unsigned()), ptr, len])
}

fn log_enabled(hand: &mut Hand, level: i32) -> Result<u64, Trap> {
    hand.call(Function::LogEnabled, &[u64::from(level.cast_unsigned())])
}

#[test]
fn the_threshold_decides_what_is_logged() {
    let quiet = Settings { log_threshold: LogLevel::Warn, ..Settings::default() };
    let mut hand = Hand::over(Exchange::new(quiet));
    for (level, enabled) in [(-1, 0), (0, 0), (1, 1), (2, 1), (3, 0)] {
        assert_eq!(log_enabled(&mut hand, level), Ok(enabled), "level {level}");
        log(&mut hand, level, format!("level {level}").as_bytes()).expect("no trap");
    }
    let logged: Vec<_> =
        hand.exchange.logs().iter().map(|log| (log.level, log.message.as_str())).collect();
    assert_eq!(logged, [(LogLevel::Warn, "level 1"), (LogLevel::Error, "level 2")]);
    let silent = Settings { log_threshold: LogLevel::None, ..Settings::default() };
    let mut hand = Hand::over(Exchange::new(silent));
    assert_eq!(log_enabled(&mut hand, 2), Ok(0));
}

#[test]
fn calls_are_recorded_as_a_reader_wants_them() {
    let mut hand =
        Hand::with_body(Settings { record_calls: true, ..Settings::with_config("conf") }, b"abc");
    hand.text(Function::GetConfig).expect("no trap");
    hand.call(Function::GetUri, &[0, 0]).expect("no trap");
    hand.set(HeaderKind::Request, "x-a", "b").expect("no trap");
    hand.values(HeaderKind::Request, "x-a").expect("no trap");
    hand.read(BodyKind::Request, 2).expect("no trap");
    hand.read(BodyKind::Request, 2).expect("no trap");
    hand.set(HeaderKind::Request, "", "").expect_err("the name is empty");
    hand.call(Function::SetUri, &[SIZE as u64, 2]).expect_err("it is outside memory");
    hand.names(HeaderKind::Response).expect("no trap");
    enable(&mut hand, 4);
    log(&mut hand, 1, b"m").expect("no trap");
    let calls: Vec<_> = hand.exchange.calls().iter().map(ToString::to_string).collect();
    assert_eq!(
        calls,
        [
            "get_config() = \"conf\"",
            "get_uri() = 1 bytes, limit 0",
            "set_header_value(request header, \"x-a\", \"b\")",
            "get_header_values(request header, \"x-a\") = [\"b\"]",
            "read_body(request body, 2) = \"ab\"",
            "read_body(request body, 2) = \"c\", end",
            "set_header_value(request header, \"\", \"\") = trap: set_header_value: found an empty header name, wanted a token",
            "set_uri(2 bytes at 0x10000) = trap: set_uri: the uri at 0x10000, 2 bytes, is not all in the guest's memory",
            "get_header_names(response header) = []",
            "enable_features(trailers) = trailers",
            "log(warn, \"m\")",
        ]
    );
    assert!(hand.exchange.calls().iter().all(|call| call.phase == Phase::Request));
    let silent = Settings::default();
    let mut hand = Hand::over(Exchange::new(silent));
    enable(&mut hand, 1);
    assert_eq!(hand.exchange.calls(), []);
}

#[test]
fn a_message_that_does_not_fit_is_cut_and_says_so() {
    let limits = Limits { log_bytes: 10, ..Limits::default() };
    let messages = |wanted: &[&str]| {
        let mut hand = Hand::over(Exchange::new(Settings { limits, ..Settings::default() }));
        for message in wanted {
            log(&mut hand, LogLevel::Info as i32, message.as_bytes()).expect("no trap");
        }
        let (logs, ..) = hand.exchange.take_records();
        logs.into_iter().map(|entry| entry.message).collect::<Vec<_>>()
    };
    assert_eq!(messages(&["0123456789"]), ["0123456789"]);
    assert_eq!(messages(&["0123456789a"]), ["0123456789 [cut: 10 of 11 bytes]"]);
    assert_eq!(
        messages(&["01234", "56789ab", "c", "d"]),
        ["01234", "56789 [cut: 5 of 7 bytes]", "2 more messages were not kept"]
    );
    // Not within a character, and not where nothing would be left to see.
    assert_eq!(messages(&["012345678é"]), ["012345678 [cut: 9 of 11 bytes]"]);
    assert_eq!(messages(&["012345678", "é"]), ["012345678", " [cut: 0 of 2 bytes]"]);
}
