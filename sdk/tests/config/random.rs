//! Random configurations: whatever they are, reading them ends; and one that says something says the
//! same however a proxy has changed it.

use http_wasm_sdk::Config;
use http_wasm_sdk::config::{self, FromConfig};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

#[derive(Config, Clone, Debug, PartialEq)]
struct Sample {
    is_on: bool,
    small: i8,
    #[config(rename = "bigNumber")]
    big: u64,
    ratio: f64,
    name: String,
    letter: char,
    tags: Vec<String>,
    numbers: Vec<i32>,
    maybe: Option<u16>,
    nested: Nested,
    rules: Vec<Nested>,
}

#[derive(Config, Clone, Debug, PartialEq)]
struct Nested {
    code_of_it: u16,
    level: Level,
}

#[derive(Config, Clone, Copy, Debug, PartialEq)]
enum Level {
    Low,
    VeryHigh,
}

fn nested() -> impl Strategy<Value = Nested> {
    (any::<u16>(), any::<bool>()).prop_map(|(code_of_it, high)| Nested {
        code_of_it,
        level: if high { Level::VeryHigh } else { Level::Low },
    })
}

fn sample() -> impl Strategy<Value = Sample> {
    let scalars = (any::<bool>(), any::<i8>(), any::<u64>(), -1_000_000_i32..1_000_000);
    let texts = (any::<String>(), any::<char>(), vec(any::<String>(), 0..4));
    let rest = (
        vec(any::<i32>(), 0..5),
        proptest::option::of(any::<u16>()),
        nested(),
        vec(nested(), 0..3),
    );
    (scalars, texts, rest).prop_map(
        |((is_on, small, big, sixty_fourths), (name, letter, tags), rest)| {
            let (numbers, maybe, nested, rules) = rest;
            // A number that has no more than six digits after the point.
            let ratio = f64::from(sixty_fourths) / 64.0;
            Sample { is_on, small, big, ratio, name, letter, tags, numbers, maybe, nested, rules }
        },
    )
}

fn nested_json(nested: &Nested) -> Value {
    let level = match nested.level {
        Level::Low => "low",
        Level::VeryHigh => "very-high",
    };
    json!({ "codeOfIt": nested.code_of_it, "level": level })
}

fn sample_json(sample: &Sample) -> Value {
    json!({
        "isOn": sample.is_on,
        "small": sample.small,
        "big_number": sample.big,
        "ratio": sample.ratio,
        "name": sample.name,
        "letter": sample.letter,
        "tags": sample.tags,
        "numbers": sample.numbers,
        "maybe": sample.maybe,
        "nested": nested_json(&sample.nested),
        "rules": sample.rules.iter().map(nested_json).collect::<Vec<_>>(),
    })
}

/// What Traefik makes of a document that it has read from a file.
fn stringified(value: &Value) -> Value {
    match value {
        Value::Bool(flag) => flag.to_string().into(),
        Value::Number(number) if number.is_f64() => {
            format!("{:.6}", number.as_f64().unwrap_or_default()).into()
        }
        Value::Number(number) => number.to_string().into(),
        Value::Array(items) if items.is_empty() => "".into(),
        Value::Array(items) if items.iter().all(Value::is_number) => value.clone(),
        Value::Array(items) => items.iter().map(stringified).collect(),
        // What is not there stays so.
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.to_lowercase(), stringified(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Null | Value::String(_) => value.clone(),
    }
}

/// Rewrites a document with every character of every text as an escape sequence.
fn escaped(value: &Value) -> String {
    let text = |text: &str| {
        let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
        format!("\"{units}\"")
    };
    match value {
        Value::String(string) => text(string),
        Value::Array(items) => {
            format!("[ {} ]", items.iter().map(escaped).collect::<Vec<_>>().join(" ,\n"))
        }
        Value::Object(fields) => {
            let fields =
                fields.iter().map(|(key, value)| format!("{} : {}", text(key), escaped(value)));
            format!("{{\t{}\r}}", fields.collect::<Vec<_>>().join(" , "))
        }
        scalar => scalar.to_string(),
    }
}

fn read<T: FromConfig>(document: &str) -> Result<T, String> {
    config::from_bytes(document.as_bytes()).map_err(|error| format!("{document}: {error}"))
}

/// JSON of any kind.
fn any_json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z0-9.,_ -]{0,8}".prop_map(Value::from),
    ];
    scalar.prop_recursive(6, 48, 6, |inner| {
        let keys = prop_oneof![
            Just("rules".to_owned()),
            Just("is_on".to_owned()),
            Just("tags".to_owned()),
            any::<String>()
        ];
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((keys, inner), 0..6)
                .prop_map(|fields| fields.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

/// Takes everything there is to take, as all types of fields.
fn read_as_everything(document: &[u8]) {
    fn check<T: FromConfig>(document: &[u8]) {
        if let Err(error) = config::from_bytes::<T>(document) {
            let message = error.message();
            assert!(
                message.contains("expected") || message.ends_with("given twice"),
                "{message}: {:?}",
                String::from_utf8_lossy(document)
            );
        }
    }
    check::<Sample>(document);
    check::<Vec<Sample>>(document);
    check::<Vec<Vec<Option<String>>>>(document);
    check::<Option<Vec<f64>>>(document);
    check::<Vec<core::time::Duration>>(document);
    check::<Vec<config::ByteSize>>(document);
    check::<Vec<i128>>(document);
    check::<Vec<char>>(document);
    check::<Level>(document);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 2 } else { 1000 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    #[cfg_attr(miri, ignore = "takes a minute there, most of it in serde_json")]
    fn a_document_says_the_same_however_it_is_written(sample in sample()) {
        let document = sample_json(&sample);
        prop_assert_eq!(read(&document.to_string()), Ok(sample.clone()));
        prop_assert_eq!(read(&serde_json::to_string_pretty(&document).unwrap()), Ok(sample.clone()));
        prop_assert_eq!(read(&escaped(&document)), Ok(sample.clone()));
        prop_assert_eq!(read(&stringified(&document).to_string()), Ok(sample.clone()));
        prop_assert_eq!(read(&escaped(&stringified(&document))), Ok(sample));
    }

    #[test]
    fn a_list_may_come_from_a_label(numbers in vec(any::<i16>(), 0..9)) {
        let texts: Vec<_> = numbers.iter().map(i16::to_string).collect();
        for separator in [",", ", ", " ,"] {
            prop_assert_eq!(read(&json!(texts.join(separator)).to_string()), Ok(numbers.clone()));
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "takes a minute there, most of it in serde_json")]
    fn what_serde_takes_for_json_is_json(document in any_json()) {
        let text = document.to_string();
        if let Err(error) = config::from_bytes::<Sample>(text.as_bytes()) {
            prop_assert!(!error.message().contains("JSON"), "{text}: {error}");
        }
        read_as_everything(text.as_bytes());
    }

    #[test]
    #[cfg_attr(miri, ignore = "takes a minute there, most of it in serde_json")]
    fn what_serde_does_not_take_for_json_is_none(
        document in any_json(), at in any::<prop::sample::Index>(), change in any::<u8>(), cut: bool,
    ) {
        let mut bytes = document.to_string().into_bytes();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = change }
        #[derive(Config, Debug)]
        #[config(ignore_unknown)]
        struct Any {}
        let ours = match config::from_bytes::<Any>(&bytes) {
            Ok(_) => true,
            Err(error) => error.message().starts_with("expected an object"),
        };
        let theirs = serde_json::from_slice::<Value>(&bytes).map_err(|error| error.to_string());
        // A matter of the type here.
        prop_assume!(!theirs.as_ref().is_err_and(|error| error.starts_with("number out of range")));
        // Nothing at all is fine.
        let theirs = theirs.is_ok() || bytes.trim_ascii().is_empty();
        prop_assert_eq!(ours, theirs, "{:?}", String::from_utf8_lossy(&bytes));
        read_as_everything(&bytes);
    }

    #[test]
    fn any_bytes_are_read_or_an_error(bytes in vec(any::<u8>(), 0..64), text in r#"[\[\]{}",:a0\\u. -]{0,40}"#) {
        read_as_everything(&bytes);
        read_as_everything(text.as_bytes());
    }
}
