//! Each type of field, and each option of the derive.

use core::time::Duration;

use http_wasm_sdk::Config;
use http_wasm_sdk::config::ByteSize;

use crate::{error, read};

#[test]
fn truth() {
    for (text, wanted) in
        [("true", true), ("\"true\"", true), ("\"FALSE\"", false), ("\" True \"", true)]
    {
        assert_eq!(read::<bool>(text), wanted, "{text}");
    }
    assert_eq!(error::<bool>("\"yes\""), "expected one of true, false, found \"yes\"");
    assert_eq!(error::<bool>("1"), "expected one of true, false, found 1");
}

#[test]
fn whole_numbers_have_the_range_of_their_type() {
    macro_rules! check {
        ($($ty:ident)+) => {
            $(
                for number in [$ty::MIN, $ty::MAX, 0, 1, 100] {
                    assert_eq!(read::<$ty>(&number.to_string()), number);
                    assert_eq!(read::<$ty>(&format!("\"{number}\"")), number);
                    assert_eq!(read::<$ty>(&format!("\" {number}.000000\"")), number);
                }
                let above = format!("{}0", $ty::MAX);
                assert!(error::<$ty>(&above).contains("a whole number"), "{above}");
                let below = format!("-{}0", $ty::MAX);
                assert!(error::<$ty>(&below).contains("a whole number"), "{below}");
                assert!(error::<$ty>("5.5").contains("a whole number"));
                assert!(error::<$ty>("1e2").contains("a whole number"));
                assert_eq!(error::<$ty>("\"abc\""), "expected a number, found \"abc\"");
                assert_eq!(error::<$ty>("\"\""), "expected a number, found \"\"");
            )+
        };
    }
    check! { u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize }
    assert_eq!(error::<u8>("256"), "expected a whole number from 0 to 255, found 256");
    assert_eq!(error::<u8>("-1"), "expected a whole number from 0 to 255, found -1");
    assert_eq!(error::<i8>("128"), "expected a whole number from -128 to 127, found 128");
    assert_eq!(error::<i8>("-129"), "expected a whole number from -128 to 127, found -129");
    assert_eq!(
        error::<i64>("\"9223372036854775808\""),
        "expected a whole number from -9223372036854775808 to 9223372036854775807, found \"9223372036854775808\""
    );
    assert_eq!(read::<u8>("-0"), 0);
}

#[test]
#[cfg_attr(miri, ignore = "half a minute there, and safe code only")]
fn floating_point_numbers() {
    assert_eq!(read::<f64>("\"0.500000\""), 0.5);
    assert_eq!(read::<f64>("-1.5e3"), -1500.0);
    assert_eq!(read::<f32>("0.1"), 0.1);
    assert_eq!(error::<f64>("1e999"), "expected a smaller number, found 1e999");
    assert_eq!(error::<f64>("\"NaN\""), "expected a number, found \"NaN\"");
    assert_eq!(error::<f32>("true"), "expected a number, found true");
}

#[test]
fn texts() {
    assert_eq!(read::<String>("\"a\\n\\u00e4\""), "a\nä");
    assert_eq!(read::<String>("\" a \""), " a ");
    assert_eq!(read::<String>("\"\""), "");
    assert_eq!(read::<Box<str>>("\"a, b\""), "a, b".into());
    // A number that was meant as a text, as Traefik makes one of it.
    assert_eq!(read::<String>("5.50"), "5.50");
    assert_eq!(error::<String>("[]"), "expected a text, found a list");
    assert_eq!(error::<String>("{}"), "expected a text, found an object");
    assert_eq!(error::<String>("null"), "expected a text, found nothing");
    assert_eq!(read::<char>("\"ä\""), 'ä');
    assert_eq!(read::<char>("5"), '5');
    assert_eq!(error::<char>("\"ab\""), "expected one character, found \"ab\"");
    assert_eq!(error::<char>("\"\""), "expected one character, found \"\"");
}

#[test]
fn options() {
    assert_eq!(read::<Option<u8>>("5"), Some(5));
    assert_eq!(read::<Option<u8>>("null"), None);
    assert_eq!(read::<Option<u8>>(""), None);
    assert_eq!(read::<Vec<Option<u8>>>("[1, null]"), [Some(1), None]);
    assert_eq!(read::<Vec<Option<u8>>>("[null]"), [None]);
    assert_eq!(read::<Option<Vec<u8>>>("\"\""), Some(vec![]));
}

#[derive(Config, Debug, PartialEq, Clone, Copy, Default)]
enum Mode {
    #[default]
    Off,
    FailOpen,
    #[config(rename = "strictly speaking")]
    Strict,
}

#[test]
fn enums_by_name() {
    for text in ["FailOpen", "failopen", "fail-open", "FAIL_OPEN", "fail open"] {
        assert_eq!(read::<Mode>(&format!("\"{text}\"")), Mode::FailOpen, "{text}");
    }
    assert_eq!(read::<Mode>("\"Strictly-Speaking\""), Mode::Strict);
    assert_eq!(
        error::<Mode>("\"strict\""),
        "expected one of Off, FailOpen, strictly speaking, found \"strict\""
    );
    for bad in ["\"\"", "\"of\"", "\"offf\"", "\"off, failopen\"", "\",\"", "[\"off\"]", "{}"] {
        assert!(error::<Mode>(bad).starts_with("expected one of"), "{bad}");
    }
}

#[derive(Config, Debug, PartialEq)]
struct Defaults {
    #[config(default)]
    limit: u32,
    #[config(default = 2 + 3)]
    count: u8,
    #[config(default = "hello")]
    greeting: String,
    #[config(default = Some("x".to_owned()))]
    note: Option<String>,
    #[config(default = vec![1, 2])]
    list: Vec<u8>,
    #[config(default)]
    mode: Mode,
    #[config(default = Duration::from_secs(5), rename = "max-wait")]
    wait: Duration,
    #[config(default = ByteSize(1024))]
    r#type: ByteSize,
}

#[test]
fn defaults_fill_in_missing_values() {
    let defaults = Defaults {
        limit: 0,
        count: 5,
        greeting: "hello".into(),
        note: Some("x".into()),
        list: vec![1, 2],
        mode: Mode::Off,
        wait: Duration::from_secs(5),
        r#type: ByteSize(1024),
    };
    assert_eq!(read::<Defaults>("{}"), defaults);
    let document =
        r#"{"limit": null, "count": null, "note": null, "max_wait": null, "type": null}"#;
    assert_eq!(read::<Defaults>(document), defaults);
    assert_eq!(
        read::<Defaults>(
            r#"{"limit": 1, "COUNT": 2, "greeting": "", "note": "", "list": [], "mode": "failopen",
                "maxWait": "1m", "type": "1MB"}"#
        ),
        Defaults {
            limit: 1,
            count: 2,
            greeting: String::new(),
            note: Some(String::new()),
            list: vec![],
            mode: Mode::FailOpen,
            wait: Duration::from_secs(60),
            r#type: ByteSize(1_000_000),
        }
    );
}

#[derive(Config, Debug, PartialEq)]
struct Outer {
    inner: Inner,
    #[config(default)]
    more: Vec<Inner>,
}

#[derive(Config, Debug, PartialEq)]
#[config(ignore_unknown)]
struct Inner {
    #[config(default = 7)]
    code: u16,
    name: Option<String>,
}

#[test]
fn structs_can_be_nested() {
    let inner = |code| Inner { code, name: None };
    assert_eq!(read::<Outer>("{}"), Outer { inner: inner(7), more: vec![] });
    assert_eq!(read::<Outer>(r#"{"inner": ""}"#), Outer { inner: inner(7), more: vec![] });
    assert_eq!(
        read::<Outer>(r#"{"more": [{"code": 1, "x": [{"code": 2}]}, {}], "inner": {"code": 3}}"#),
        Outer { inner: inner(3), more: vec![inner(1), inner(7)] }
    );
    // A list of one.
    assert_eq!(read::<Outer>(r#"{"more": {"code": 1}}"#).more, [inner(1)]);
}

#[test]
fn a_struct_may_have_no_fields() {
    #[derive(Config, Debug, PartialEq)]
    struct Nothing {}
    assert_eq!(read::<Nothing>("null"), Nothing {});
    assert_eq!(error::<Nothing>(r#"{"a": 1}"#), "a: unknown key, expected one of none");
    assert_eq!(error::<Nothing>(r#"{"none": 1}"#), "none: unknown key, expected one of none");
    assert_eq!(error::<Nothing>(r#"{"": 1}"#), "unknown key, expected one of none");
}

#[test]
fn a_default_cannot_see_the_code_around_it() {
    fn value() -> u8 {
        3
    }
    fn found() -> u8 {
        4
    }
    #[derive(Config, Debug)]
    struct Hygiene {
        #[config(default = value())]
        value: u8,
        #[config(default = found())]
        found: u8,
        #[config(default = 5)]
        object: u8,
    }
    let read: Hygiene = read("{}");
    assert_eq!((read.value, read.found, read.object), (3, 4, 5));
}
