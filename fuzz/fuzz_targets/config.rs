//! Configurations: reading any bytes as any type ends, what is JSON is what serde_json takes for it,
//! and numbers are those that the standard library reads.
//!
//! `cargo +nightly fuzz run config -- -runs=1000000`, or all targets by `.ci/fuzz -runs=1000000`
#![no_main]

use std::fmt::Debug;
use std::time::Duration;

use http_wasm_sdk::Config;
use http_wasm_sdk::config::{self, ByteSize, FromConfig};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

#[derive(Config, Debug)]
struct Strict {
    on: bool,
    #[config(default = 5)]
    number: u8,
    #[config(default)]
    texts: Vec<String>,
    level: Option<Level>,
    #[config(default)]
    inner: Vec<Inner>,
}

#[derive(Config, Debug)]
struct Inner {
    deep: Vec<Vec<i64>>,
    more: Option<Lenient>,
}

#[derive(Config, Debug)]
enum Level {
    Low,
    VeryHigh,
}

#[derive(Config, Debug)]
#[config(ignore_unknown)]
struct Lenient {}

fuzz_target!(|input: &[u8]| {
    as_it_is(input);
    as_a_document(input);
});

/// Chance seldom makes a document: here every byte stands for a piece of one.
fn as_a_document(input: &[u8]) {
    const PIECES: &[&str] = &[
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"",
        "\\",
        "\\u",
        "d83d",
        "\\ude00",
        "\\n",
        "\"on\":",
        "\"number\":",
        "\"texts\":",
        "\"level\":",
        "\"inner\":",
        "\"deep\":",
        "\"more\":",
        "true",
        "false",
        "null",
        "0",
        "1",
        "-",
        ".",
        "5",
        "e",
        "+",
        "99",
        "ms",
        "KiB",
        "low",
        "very",
        "_",
        "high",
        " ",
        "\n",
        "ä",
        "\u{10ffff}",
        "\"\"",
        "[]",
        "{}",
        "\"1,2\"",
    ];
    let document: String = input
        .iter()
        .filter_map(|&byte| PIECES.get(usize::from(byte) % PIECES.len()))
        .copied()
        .collect();
    as_it_is(document.as_bytes());
}

fn as_it_is(document: &[u8]) {
    let ours = match config::from_bytes::<Lenient>(document) {
        Ok(_) => true,
        Err(error) => error.message().starts_with("expected an object"),
    };
    match serde_json::from_slice::<Value>(document) {
        Ok(_) => assert!(ours || depth(document) > 30),
        // What does not fit into a number there is none the less JSON.
        Err(error) if error.to_string().starts_with("number out of range") => {}
        Err(_) => assert!(!ours || document.trim_ascii().is_empty()),
    }
    read::<Strict>(document);
    read::<Vec<Strict>>(document);
    read::<Option<Vec<Option<String>>>>(document);
    read::<Vec<f32>>(document);
    read::<Vec<Duration>>(document);
    read::<Vec<ByteSize>>(document);
    read::<Vec<u128>>(document);
    read::<Vec<char>>(document);
    read::<Level>(document);
    let float = config::from_bytes::<f64>(document).ok();
    let text = std::str::from_utf8(document).ok().map(|text| text.trim_matches(['"', ' ']));
    if let (Some(float), Some(Ok(theirs))) = (float, text.map(str::parse::<f64>)) {
        assert_eq!(float.to_bits(), theirs.to_bits(), "{text:?}");
    }
    let whole = config::from_bytes::<i64>(document).ok();
    if let (Some(whole), Some(Ok(theirs))) = (whole, text.map(str::parse::<i64>)) {
        assert_eq!(whole, theirs, "{text:?}");
    }
}

/// An error says something.
fn read<T: FromConfig + Debug>(document: &[u8]) {
    if let Err(error) = config::from_bytes::<T>(document) {
        let message = error.message();
        assert!(message.contains("expected ") || message.ends_with("given twice"), "{message}");
        assert!(!message.bytes().any(|byte| byte.is_ascii_control()), "{message:?}");
    }
}

/// At least how deep a document is nested.
fn depth(document: &[u8]) -> usize {
    document.iter().filter(|byte| matches!(byte, b'[' | b'{')).count()
}
