//! URIs: what is accepted, what is read out of them, and what the builder writes.
//!
//! `cargo +nightly fuzz run query -- -runs=1000000`, or all targets by `.ci/fuzz -runs=1000000`
#![no_main]

use http_wasm_sdk::{Encoded, Uri, UriBuilder};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    as_it_is(input);
    as_a_uri(input);
    as_parts(input);
});

/// Whatever is accepted is one for other parsers too.
fn as_it_is(input: &[u8]) {
    if let Ok(uri) = Uri::new(input) {
        let theirs = http::uri::PathAndQuery::try_from(input).expect("the crate http takes it");
        assert_eq!(theirs.as_str().as_bytes(), input);
        assert_eq!(theirs.path().as_bytes(), uri.path());
        assert_eq!(theirs.query().map(str::as_bytes), uri.query());
        read(uri);
    }
}

/// Chance seldom makes a URI: here every byte stands for one that may be in a URI, those with a
/// meaning before all.
fn as_a_uri(input: &[u8]) {
    const MEANINGFUL: &[u8] = b"%%%%++&&&===//??;:aAfF0923";
    const PLAIN: &[u8] = b"-._~!$'()*,@bcdeghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ145678";
    let mut uri = vec![b'/'];
    uri.extend(input.iter().map(|&byte| {
        let letters = if byte & 1 == 0 { MEANINGFUL } else { PLAIN };
        letters[usize::from(byte >> 1) % letters.len()]
    }));
    if let Ok(uri) = Uri::new(&uri) {
        read(uri);
    }
}

fn lossy(piece: Encoded<'_>) -> String {
    String::from_utf8_lossy(&piece.to_vec()).into_owned()
}

fn read(uri: Uri<'_>) {
    let ours: Vec<_> = uri.query_pairs().map(|pair| (lossy(pair.key), lossy(pair.value))).collect();
    let query = uri.query().unwrap_or_default();
    let theirs: Vec<_> = form_urlencoded::parse(query).into_owned().collect();
    assert_eq!(ours, theirs);

    let mut buffer = [0; 64];
    for pair in uri.query_pairs() {
        let key = pair.key.to_vec();
        assert!(pair.key.is(&key));
        let first = uri.query_pairs().find(|other| other.key.is(&key)).expect("it is there").value;
        match uri.query_value(&key, &mut buffer) {
            Ok(found) => assert_eq!(found, Some(&*first.to_vec())),
            Err(error) => assert_eq!(error.needed as usize, first.bytes().count()),
        }
    }
    if uri.path() == b"*" {
        // That of `OPTIONS *` has no slash.
        return;
    }
    let path: Vec<_> = uri.segments().flat_map(|part| [b"/", part.as_bytes()].concat()).collect();
    assert_eq!(path, uri.path());
}

/// What the builder encodes reads back as it was, and is a URI, or it did not fit.
fn as_parts(input: &[u8]) {
    let mut parts = input.split(|&byte| byte == 0xfe);
    let segments: Vec<_> = parts.next().unwrap_or_default().split(|&byte| byte == 0xff).collect();
    let pairs: Vec<_> = parts
        .map(|pair| {
            let mut halves = pair.splitn(2, |&byte| byte == 0xff);
            (halves.next().unwrap_or_default(), halves.next().unwrap_or_default())
        })
        .collect();

    let mut buffer = [0; 256];
    let mut path = UriBuilder::new(&mut buffer);
    for segment in &segments {
        path = path.segment(segment);
    }
    let mut query = path.query(Uri::from_static("/"));
    for (key, value) in &pairs {
        query = query.pair(key, value);
    }
    let Ok(built) = query.finish() else { return };
    assert_eq!(Uri::new(built.as_bytes()), Ok(built));
    assert!(built.segments().map(Encoded::to_vec).eq(segments.iter().map(|part| part.to_vec())));
    let read = built.query_pairs().map(|pair| (pair.key.to_vec(), pair.value.to_vec()));
    assert!(read.eq(pairs.iter().map(|(key, value)| (key.to_vec(), value.to_vec()))));
}
