//! What errors say.
#![allow(dead_code, reason = "of what is never read, only the messages are looked at")]

use http_wasm_sdk::Config;
use http_wasm_sdk::config::{self, ConfigError};

use crate::error;

#[derive(Config, Debug)]
struct Settings {
    #[config(default)]
    limit: u32,
    #[config(default)]
    rules: Vec<Rule>,
    #[config(default)]
    deep: Vec<Vec<u8>>,
    nested: Option<Nested>,
}

#[derive(Config, Debug)]
struct Rule {
    code: u16,
    #[config(default)]
    tags: Vec<u8>,
}

#[derive(Config, Debug)]
struct Nested {
    inner: Inner,
}

#[derive(Config, Debug)]
struct Inner {
    needed: bool,
}

#[test]
fn they_name_the_place_and_what_was_wanted_and_found() {
    for (document, message) in [
        (
            r#"{"rules": [{"code": 1}, {"code": 2}, {"code": "abc"}]}"#,
            r#"rules[2].code: expected a number, found "abc""#,
        ),
        (r#"{"limit": {}}"#, "limit: expected a number, found an object"),
        (r#"{"limit": [1]}"#, "limit: expected a number, found a list"),
        (r#"{"limit": false}"#, "limit: expected a number, found false"),
        (r#"{"Limit": ""}"#, r#"limit: expected a number, found """#),
        (
            r#"{"limit": 4294967296}"#,
            "limit: expected a whole number from 0 to 4294967295, found 4294967296",
        ),
        (r#"{"rules": [{}]}"#, "rules[0].code: expected a number, found nothing"),
        (r#"{"rules": "a,b"}"#, r#"rules[0]: expected an object, found "a""#),
        (
            r#"{"rules": {"code": 1, "tags": "1,b"}}"#,
            r#"rules[0].tags[1]: expected a number, found "b""#,
        ),
        (r#"{"deep": [[], [1, 2], [3, "x"]]}"#, r#"deep[2][1]: expected a number, found "x""#),
        (r#"{"nested": {}}"#, "nested.inner.needed: expected one of true, false, found nothing"),
        (
            r#"{"nested": {"inner": {"needed": "no"}}}"#,
            r#"nested.inner.needed: expected one of true, false, found "no""#,
        ),
        ("[1]", "expected an object, found a list"),
    ] {
        assert_eq!(error::<Settings>(document), message, "{document}");
    }
}

#[test]
fn a_path_is_that_of_the_value_and_not_of_those_before_it() {
    let document = r#"{"limit": 1, "rules": [{"code": 1, "tags": [1, 2]}], "deep": [[1], ["y"]]}"#;
    assert_eq!(error::<Settings>(document), r#"deep[1][0]: expected a number, found "y""#);
}

#[test]
fn unknown_and_repeated_keys() {
    assert_eq!(
        error::<Settings>(r#"{"limit": 1, "limits": 2}"#),
        "limits: unknown key, expected one of limit, rules, deep, nested"
    );
    assert_eq!(
        error::<Settings>(r#"{"rules": [{"code": 1, "cod": null}]}"#),
        "rules[0].cod: unknown key, expected one of code, tags"
    );
    assert_eq!(error::<Settings>(r#"{"limit": 1, "LIMIT": 1}"#), "LIMIT: given twice");
    assert_eq!(error::<Settings>(r#"{"limit": null, "limit": 1}"#), "limit: given twice");
    for key in ["limit,", "limit, rules", ",", "", "limi", "limitt", "limit\\u0000", "rules[0]"] {
        let message = error::<Settings>(&format!("{{\"{key}\": 1}}"));
        assert!(message.contains("unknown key"), "{key}: {message}");
    }
}

#[test]
fn invalid_json() {
    for (document, message) in [
        ("greeting=hi", r#"expected JSON, found "greeting=hi" at byte 0"#),
        (r#"{"limit": 1"#, "expected JSON, found nothing at byte 11"),
        (r#"{"limit": 1}}"#, r#"expected JSON, found "}" at byte 12"#),
        (r#"{"limit": 01}"#, r#"expected JSON, found 01} at byte 10"#),
        ("{\"limit\": \"\\x\"}", r#"expected an escape sequence of JSON, found "\x"}" at byte 11"#),
        ("\"\\u", r#"expected an escape sequence of JSON, found "\u" at byte 1"#),
        ("<xml a=\"b\"/>\n", r#"expected JSON, found "<xml a="b"/>?" at byte 0"#),
        (
            "abcdefghijklmnopqrstuvwxyz0123456789 and so on",
            r#"expected JSON, found "abcdefghijklmnopqrstuvwxyz0123456789 and…" at byte 0"#,
        ),
    ] {
        assert_eq!(error::<Settings>(document), message, "{document}");
    }
    assert_eq!(
        error::<Settings>(&"[".repeat(1000)),
        format!("expected less nesting, found \"{}…\" at byte 30", "[".repeat(40))
    );
    assert_eq!(
        config::from_bytes::<Settings>(b"{\"limit\": \"\xff\"}").unwrap_err().message(),
        "expected UTF-8, found \"?\" at byte 11"
    );
}

#[test]
fn long_messages_are_cut_with_a_mark() {
    let long = "ä".repeat(if cfg!(miri) { 1000 } else { 10_000 });
    let message = error::<Settings>(&format!("{{\"limit\": \"{long}\"}}"));
    assert_eq!(message, format!("limit: expected a number, found \"{}…\"", "ä".repeat(20)));
    let message = error::<Settings>(&format!("{{\"{long}\": 1}}"));
    assert!(message.starts_with(&format!("{}…: unknown key", "ä".repeat(20))), "{message}");

    macro_rules! nested {
        ($name:ident $inner:ty) => {
            #[derive(Config, Debug)]
            struct $name {
                a_rather_long_name_of_a_field_that_takes_a_good_part_of_every_message_that_is_about_it_as_well_as_of_this_line:
                    $inner,
            }
        };
    }
    nested!(A u8);
    nested!(B A);
    nested!(C B);
    nested!(D C);
    nested!(E D);
    let message = error::<E>("{}");
    assert!(message.ends_with('…') && message.len() > 480 && message.len() < 512, "{message}");
}

#[test]
fn an_error_is_an_error() {
    let error: ConfigError = config::from_bytes::<u8>(b"x").unwrap_err();
    assert_eq!(error.message(), error.to_string());
    assert_eq!(format!("{error:?}"), r#"ConfigError("expected JSON, found \"x\" at byte 0")"#);
    let _: &dyn std::error::Error = &error;
    assert_eq!(error, error.clone());
}
