//! Maps whose keys the user chooses.

use std::collections::BTreeMap;

use http_wasm_sdk::config::{HeaderNameBuf, HeaderValueBuf, Map};
use http_wasm_sdk::prelude::*;
use http_wasm_sdk::testing::{self, Scenario};

use crate::{error, read};

type Headers = Map<HeaderNameBuf, HeaderValueBuf>;

fn pairs<K: Clone, V: Clone>(map: &Map<K, V>) -> Vec<(K, V)> {
    map.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

#[test]
fn keys_are_the_users_and_stay_in_order() {
    let map = read::<Map<String, u8>>(r#"{"b_": 1, "A b": "2", "": 3, "B-": 4}"#);
    let wanted =
        [("b_", 1), ("A b", 2), ("", 3), ("B-", 4)].map(|(key, value)| (key.to_owned(), value));
    assert_eq!(pairs(&map), wanted);
    assert_eq!((map.get("A b"), map.get("a b"), map.len()), (Some(&2), None, 4));
    assert_eq!(map.into_iter().collect::<Vec<_>>(), wanted);
    let tree = read::<BTreeMap<String, Vec<u8>>>(r#"{"b": [1, 2], "a": "3"}"#);
    assert_eq!(tree, BTreeMap::from([("a".to_owned(), vec![3]), ("b".to_owned(), vec![1, 2])]));
    assert_eq!(pairs(&read::<Map<u16, bool>>(r#"{"404": true}"#)), [(404, true)]);
}

#[test]
fn a_map_without_keys_is_an_object_or_an_empty_text() {
    for empty in ["{}", "\"\""] {
        assert!(read::<Map<String, String>>(empty).is_empty());
        assert!(read::<BTreeMap<String, String>>(empty).is_empty());
    }
    assert_eq!(error::<Map<String, String>>("null"), "expected an object, found nothing");
    assert_eq!(error::<Map<String, String>>("[]"), "expected an object, found a list");
    assert_eq!(error::<Map<String, String>>("\"a=b\""), "expected an object, found \"a=b\"");
}

#[derive(Config, Debug)]
struct Rule {
    #[config(default)]
    set: Headers,
    limits: Map<String, BTreeMap<String, u8>>,
}

#[test]
fn maps_nest_and_errors_name_the_key() {
    let rules =
        read::<Map<String, Rule>>(r#"{"/a.b": {"limits": {"x": {"y": 1}}}, "c": {"limits": {}}}"#);
    assert_eq!(rules.get("/a.b").and_then(|rule| rule.limits.get("x")?.get("y")), Some(&1));
    assert!(rules.get("c").is_some_and(|rule| rule.set.is_empty()));
    for (document, message) in [
        (
            r#"{"a": {"limits": {"x": {"y": "z"}}}}"#,
            r#"a.limits.x.y: expected a number, found "z""#,
        ),
        (r#"{"a": {"limits": {"x": {"y": 1, "y": 2}}}}"#, "a.limits.x.y: given twice"),
        (r#"{"a": {"limits": {}}, "a": {}}"#, "a: given twice"),
        (
            r#"{"a": {"limits": {}, "set": {"X Y": ""}}}"#,
            r#"a.set.X Y: expected the name of a header, found "X Y""#,
        ),
        (
            r#"{"a": {"limits": {}, "set": {"": ""}}}"#,
            r#"a.set.: expected the name of a header, found """#,
        ),
        (r#"{"a": {"limits": {}, "set": {"X-Y": "1", "x-y": "2"}}}"#, "a.set.x-y: given twice"),
        (
            r#"{"a": {"limits": {}, "set": {"X": "a\nb"}}}"#,
            r#"a.set.X: expected the value of a header, without control characters, found "a?b""#,
        ),
        (r#"{"a": {"limits": {}, "set": {"X": {}}}}"#, "a.set.X: expected a text, found an object"),
    ] {
        assert_eq!(error::<Map<String, Rule>>(document), message, "{document}");
    }
}

struct SetHeaders(Headers);

#[derive(Config)]
struct Settings {
    headers: Headers,
}

#[handler(no_export)]
impl SetHeaders {
    fn new(settings: Settings) -> Self {
        Self(settings.headers)
    }

    fn request(&mut self, request: &mut Request, mut reply: Reply<'_>) {
        for (name, value) in &self.0 {
            request.headers_mut().insert(name.as_name(), value.as_value());
            reply.headers_mut().insert(name.as_name(), value.as_value());
        }
    }
}

#[test]
fn names_and_values_are_ready_for_headers_on_every_host() {
    let config = r#"{"headers": {"X-Foo": " bar ", "x-two": 2, "X-On": true, "X-Empty": ""}}"#;
    for profile in testing::Profile::ALL {
        let outcome =
            testing::run::<SetHeaders>(&Scenario::get("/").config(config).profile(profile));
        outcome.assert_ok();
        for (name, value) in [("x-foo", "bar"), ("x-two", "2"), ("x-on", "true"), ("x-empty", "")] {
            assert_eq!(outcome.upstream_header(name), Some(value));
            assert_eq!(outcome.response_header(name), Some(value));
        }
    }
}
