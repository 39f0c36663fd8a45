//! Properties that hold for every input, against parsers that others have written: what is accepted
//! here is accepted there, and what is encoded here reads the same there.
#![cfg(not(target_family = "wasm"))]

use std::str::FromStr;

use http_wasm_sdk::{Encoded, HeaderName, HeaderValue, Method, StatusCode, Uri, UriBuilder};
use proptest::prelude::*;

/// Miri takes a second for what else takes a millisecond, and has no current directory.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: if cfg!(miri) { 1 } else { 1000 },
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Bytes that have a meaning somewhere, far more often than chance would have it.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let meaningful =
        prop::sample::select(&b"%%%%++&&==;/?#. aAfFzZ09\r\n\t\0\x7f\x80\xff[]|\""[..]);
    prop::collection::vec(prop_oneof![meaningful, any::<u8>()], 0..24)
}

/// A query as it may stand in a URI.
fn query() -> impl Strategy<Value = Vec<u8>> {
    let meaningful = prop::sample::select(&b"%%%%++&&==;/?aAfFzZ09"[..]);
    let plain = prop::sample::select(&b"-._~!$'()*,:@bcdefghij12345678"[..]);
    prop::collection::vec(prop_oneof![meaningful, plain], 0..24)
}

fn lossy(piece: Encoded<'_>) -> String {
    String::from_utf8_lossy(&piece.to_vec()).into_owned()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn pairs_read_as_form_urlencoded_reads_them(query in query()) {
        let uri = [b"/?", &query[..]].concat();
        let uri = Uri::new(&uri).unwrap();
        let ours: Vec<_> = uri.query_pairs().map(|pair| (lossy(pair.key), lossy(pair.value))).collect();
        let theirs: Vec<_> = form_urlencoded::parse(&query).into_owned().collect();
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn what_the_builder_writes_reads_back(
        segments in prop::collection::vec(bytes(), 0..4),
        pairs in prop::collection::vec((bytes(), bytes()), 0..4),
    ) {
        prop_assume!(segments.iter().all(|segment| segment != b"." && segment != b".."));
        let mut buffer = [0; 1024];
        let mut path = UriBuilder::new(&mut buffer);
        for segment in &segments {
            path = path.segment(segment);
        }
        let mut query = path.query(http_wasm_sdk::uri!("/"));
        for (key, value) in &pairs {
            query = query.pair(key, value);
        }
        let uri = query.finish().unwrap();
        prop_assert_eq!(Uri::new(uri.as_bytes()), Ok(uri));

        let read: Vec<_> = uri.segments().map(|segment| segment.to_vec()).collect();
        let written = if segments.is_empty() { vec![vec![]] } else { segments };
        prop_assert_eq!(read, written);
        let read: Vec<_> =
            uri.query_pairs().map(|pair| (pair.key.to_vec(), pair.value.to_vec())).collect();
        prop_assert_eq!(&read, &pairs);

        let theirs: Vec<_> = form_urlencoded::parse(uri.query().unwrap_or_default()).into_owned().collect();
        let lossy = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        let ours: Vec<_> = pairs.iter().map(|(key, value)| (lossy(key), lossy(value))).collect();
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn decoding_into_a_buffer_comparing_and_collecting_agree(query in query(), buffer_len in 0_usize..32) {
        let mut uri = b"/?a=".to_vec();
        uri.extend(query.iter().filter(|byte| **byte != b'&'));
        let uri = Uri::new(&uri).unwrap();
        let value = uri.query_pairs().next().unwrap().value;
        let wanted = value.to_vec();
        prop_assert!(value.is(&wanted));
        prop_assert!(!value.is([&wanted[..], b"x"].concat()));
        let mut buffer = vec![0; buffer_len];
        match uri.query_value("a", &mut buffer[..]) {
            Ok(found) => prop_assert_eq!(found, Some(&wanted[..])),
            Err(error) => {
                prop_assert_eq!(error.needed as usize, wanted.len());
                prop_assert!(wanted.len() > buffer_len);
            }
        }
    }

    #[test]
    fn a_uri_is_one_for_the_http_crate(rest in bytes()) {
        let uri = [b"/", &rest[..]].concat();
        if Uri::new(&uri).is_ok() {
            let theirs = http::uri::PathAndQuery::try_from(&uri[..]);
            let theirs = theirs.as_ref().map(http::uri::PathAndQuery::as_str).ok();
            prop_assert_eq!(theirs.map(str::as_bytes), Some(&uri[..]));
        }
    }

    #[test]
    fn a_header_name_is_one_for_the_http_crate(bytes in bytes(), token in "[!-~]{0,12}") {
        for bytes in [&bytes[..], token.as_bytes(), token.to_lowercase().as_bytes()] {
            if HeaderName::new(bytes).is_ok() {
                let theirs = http::HeaderName::from_lowercase(bytes);
                prop_assert!(theirs.is_ok(), "{}", bytes.escape_ascii());
            }
        }
    }

    #[test]
    fn a_header_value_is_one_for_the_http_crate(bytes in bytes()) {
        let theirs = http::HeaderValue::from_bytes(&bytes);
        prop_assert_eq!(HeaderValue::new(&bytes).is_ok(), theirs.is_ok(), "{}", bytes.escape_ascii());
    }

    #[test]
    fn a_method_is_one_for_the_http_crate(bytes in bytes(), token in "[!-~]{0,12}") {
        for bytes in [&bytes[..], token.as_bytes()] {
            if Method::new(bytes).is_ok() {
                prop_assert!(http::Method::from_bytes(bytes).is_ok(), "{}", bytes.escape_ascii());
            }
        }
    }

    #[test]
    fn numbers_in_headers_read_back(number in any::<u64>(), shift in 0_u32..64) {
        let number = number >> shift;
        let mut digits = [0; 20];
        let value = HeaderValue::from_u64(number, &mut digits);
        prop_assert_eq!(value, &*number.to_string());
        prop_assert_eq!(value.to_u64(), Some(number));
    }

    #[test]
    fn digits_are_a_number_where_rust_says_so(text in "[0-9]{0,22}|[-+ 0-9a]{1,4}") {
        let value = HeaderValue::new(text.as_bytes()).unwrap();
        let wanted = if text.starts_with('+') { None } else { u64::from_str(&text).ok() };
        prop_assert_eq!(value.to_u64(), wanted);
    }

    #[test]
    fn status_codes_are_final(code in any::<u16>()) {
        prop_assert_eq!(StatusCode::from_u16(code).is_ok(), (200..=999).contains(&code));
    }
}

#[test]
fn reasons_are_those_of_the_http_crate() {
    for code in 200..1000 {
        let ours = StatusCode::from_u16(code).unwrap().canonical_reason();
        let theirs = http::StatusCode::from_u16(code).unwrap().canonical_reason();
        assert!(ours.is_none() || ours == theirs, "{code}: {ours:?}, {theirs:?}");
    }
}
