//! What proxies make of a configuration on its way.

use http_wasm_sdk::Config;

use crate::{error, read};

#[derive(Config, Debug, PartialEq)]
struct Traefik {
    enabled: bool,
    limit: u32,
    ratio: f64,
    list: Vec<u8>,
    mixed: Vec<String>,
    empty: Vec<u32>,
    nested: Nested,
    rules: Vec<Rule>,
}

#[derive(Config, Debug, PartialEq)]
struct Nested {
    n: i32,
}

#[derive(Config, Debug, PartialEq)]
struct Rule {
    code: u16,
}

/// What was written down for Traefik, however it arrives.
fn expected() -> Traefik {
    Traefik {
        enabled: true,
        limit: 5,
        ratio: 0.5,
        list: vec![1, 2],
        mixed: vec!["1".into(), "a".into()],
        empty: vec![],
        nested: Nested { n: 7 },
        rules: vec![Rule { code: 403 }],
    }
}

#[test]
fn from_a_file_of_traefik() {
    let document = r#"{"empty":"","enabled":"true","limit":"5","list":[1,2],"mixed":["1","a"],"nested":{"n":"7"},"ratio":"0.500000","rules":[{"code":"403"}]}"#;
    assert_eq!(read::<Traefik>(document), expected());
}

#[test]
fn from_a_kubernetes_resource() {
    let document = r#"{"enabled": true, "limit": 5, "ratio": 0.5, "list": [1,2], "mixed": [1,"a"],
        "empty": [], "nested": {"n": 7}, "rules": [{"code": 403}]}"#;
    assert_eq!(read::<Traefik>(document), expected());
}

#[test]
fn from_labels_of_traefik() {
    let document = r#"{"Empty":"","ENABLED":"true","Limit":"5","List":"1,2","mixed":"1, a","nested":{"N":"7"},"ratio":"0.5","rules":{"code":"403"}}"#;
    assert_eq!(read::<Traefik>(document), expected());
}

#[test]
fn keys_match_in_every_way_to_write_them() {
    #[derive(Config)]
    struct Settings {
        max_body_bytes: u32,
    }
    for key in
        ["max_body_bytes", "maxBodyBytes", "max-body-bytes", "MAXBODYBYTES", "max body bytes"]
    {
        assert_eq!(read::<Settings>(&format!("{{\"{key}\": 1}}")).max_body_bytes, 1, "{key}");
    }
}

#[test]
fn no_configuration_is_an_empty_object() {
    #[derive(Config, Debug, PartialEq)]
    struct Settings {
        #[config(default = 1)]
        limit: u32,
    }
    for nothing in ["", " \r\n\t", "{}", "null", " { } ", "\"\""] {
        assert_eq!(read::<Settings>(nothing), Settings { limit: 1 }, "{nothing:?}");
    }
    for other in ["[]", "5", "true", "\"x\"", "[null]"] {
        assert!(error::<Settings>(other).starts_with("expected an object, found "), "{other:?}");
    }
}

#[test]
fn a_list_may_be_a_text() {
    for (document, list) in [
        ("[]", &[][..]),
        ("\"\"", &[]),
        ("[1,2]", &[1, 2]),
        ("[\"1\", \"2\"]", &[1, 2]),
        ("\"1,2\"", &[1, 2]),
        ("\" 1 , 2 \"", &[1, 2]),
        ("\"1,2,\"", &[1, 2]),
        ("\"1\"", &[1]),
        ("1", &[1]),
    ] {
        assert_eq!(read::<Vec<u8>>(document), list, "{document}");
    }
    assert_eq!(read::<Vec<String>>("\"a b , c\""), ["a b", "c"]);
    // In a list of JSON there are no lists of texts.
    assert_eq!(read::<Vec<String>>(r#"["a,b", "c", ""]"#), ["a,b", "c", ""]);
    assert_eq!(
        read::<Vec<Vec<u8>>>(r#"["1,2", [3], 4, ""]"#),
        [vec![1, 2], vec![3], vec![4], vec![]]
    );
    assert_eq!(read::<Vec<String>>("\"null,true\""), ["null", "true"]);
    assert_eq!(error::<Vec<u8>>("null"), "expected a list, found nothing");
    assert_eq!(error::<Vec<u8>>("\"1,,2\""), "[1]: expected a number, found nothing");
    assert_eq!(error::<Vec<u8>>("\"1,x\""), "[1]: expected a number, found \"x\"");
    assert_eq!(error::<Vec<u8>>("[null]"), "[0]: expected a number, found nothing");
}
