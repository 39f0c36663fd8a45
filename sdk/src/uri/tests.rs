//! Tests of what URIs are, of their parts and of the builder.

use super::*;
use crate::{BufferTooSmall, uri};
extern crate std;
use std::borrow::ToOwned;
use std::format;
use std::string::String;
use std::vec::Vec;

fn stripped(uri: &str, prefix: &str) -> (bool, String) {
    let mut bytes = uri.as_bytes().to_vec();
    let mut uri = RequestUri::from_host(&mut bytes);
    let done = uri.strip_prefix(prefix);
    (done, std::str::from_utf8(uri.as_bytes()).unwrap().into())
}

#[test]
fn a_prefix_comes_off_in_whole_segments() {
    assert_eq!(stripped("/host/a?b", "/host"), (true, "/a?b".into()));
    assert_eq!(stripped("/host", "/host"), (true, "/".into()));
    assert_eq!(stripped("/host?b", "/host"), (true, "/?b".into()));
    assert_eq!(stripped("/host/", "/host"), (true, "/".into()));
    assert_eq!(stripped("/hosts", "/host"), (false, "/hosts".into()));
    assert_eq!(stripped("/", "/host"), (false, "/".into()));
    assert_eq!(stripped("", "/host"), (false, "".into()));
    assert_eq!(stripped("/a", ""), (true, "/a".into()));
}

#[test]
fn what_a_host_cannot_parse_is_no_uri() {
    for good in ["/", "/a%2Fb", "/a?%zz", "//a", "/a:b?c?d", "/-._~!$&'()*+,;=:@", "/?[]\\^`{|}"] {
        assert!(Uri::new(good.as_bytes()).is_ok(), "{good}");
    }
    let bad = [
        "", "a", "?a", "**", "*?a", "/*#", "/ ", "/a b", "/%", "/%4", "/%4g", "/a#b", "/a?b#c",
        "/\n", "/a?b c", "/ä", "/?ä", "/?\"", "/?<", "/?\u{7f}", "/\"", "/<", "/[", "/\\", "/^",
        "/`", "/{", "/|", "/\u{7f}",
    ];
    for bad in bad {
        assert!(Uri::new(bad.as_bytes()).is_err(), "{bad:?}");
    }
}

#[test]
fn path_and_query_part_at_the_first_question_mark() {
    let uri = uri!("/a?b?c");
    assert_eq!((uri.path(), uri.query()), (&b"/a"[..], Some(&b"b?c"[..])));
    assert_eq!((uri!("/a").path(), uri!("/a").query()), (&b"/a"[..], None));
    assert_eq!(uri!("/a?").query(), Some(&b""[..]));
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let uri = format!("/?{query}");
    let uri = Uri(uri.as_bytes());
    uri.query_pairs()
        .map(|pair| (pair.key.to_string_lossy(), pair.value.to_string_lossy()))
        .collect()
}

#[test]
fn pairs_are_those_of_forms() {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(pairs("a=b&c=d"), [pair("a", "b"), pair("c", "d")]);
    assert_eq!(pairs("&a&&=b&c=d=e&"), [pair("a", ""), pair("", "b"), pair("c", "d=e")]);
    assert_eq!(pairs("a+b=%2B%26%3d"), [pair("a b", "+&=")]);
    assert_eq!(pairs("%=%4&%zz=%%41"), [pair("%", "%4"), pair("%zz", "%A")]);
    assert_eq!(pairs("a=%ff"), [pair("a", "\u{fffd}")]);
    assert!(pairs("").is_empty());
    assert!(uri!("/a").query_pairs().next().is_none());
}

#[test]
fn a_query_value_is_the_first_of_its_key() {
    let mut buffer = [0; 4];
    let uri = uri!("/?b=x&%61=1+2&a=3&long=12345");
    assert_eq!(uri.query_value("a", &mut buffer), Ok(Some(&b"1 2"[..])));
    assert_eq!(uri.query_value("A", &mut buffer), Ok(None));
    assert_eq!(uri.query_value("long", &mut buffer), Err(BufferTooSmall { needed: 5 }));
}

#[test]
fn a_plus_is_a_space_in_queries_only() {
    assert!(uri!("/a+b").path_is("/a+b"));
    assert!(uri!("/a%20b").path_is("/a b"));
    assert!(uri!("/?a+b").query_pairs().all(|pair| pair.key.is("a b")));
}

#[test]
fn a_path_is_compared_decoded_and_whole() {
    assert!(uri!("/%61dm%69n?a").path_is("/admin"));
    for other in ["/admi", "/admin/", "/Admin", "/administrator", ""] {
        assert!(!uri!("/admin").path_is(other), "{other}");
    }
}

fn segments(uri: &str) -> Vec<String> {
    Uri(uri.as_bytes()).segments().map(|segment| segment.to_string_lossy()).collect()
}

#[test]
fn segments_stand_between_slashes() {
    assert_eq!(segments("/"), [""]);
    assert_eq!(segments("/a/b%2Fc?d/e"), ["a", "b/c"]);
    assert_eq!(segments("/a//b/"), ["a", "", "b", ""]);
    assert_eq!(segments("*"), ["*"]);
}

fn built(build: impl for<'b> FnOnce(UriBuilder<'b>) -> QueryBuilder<'b>) -> String {
    let mut buffer = [0; 100];
    let uri = build(UriBuilder::new(&mut buffer)).finish().unwrap();
    assert_eq!(Uri::new(uri.as_bytes()), Ok(uri), "what is built can be set");
    String::from_utf8(uri.as_bytes().to_vec()).unwrap()
}

#[test]
fn a_builder_encodes_what_has_a_meaning() {
    let mut buffer = [0; 100];
    assert_eq!(UriBuilder::new(&mut buffer).finish(), Ok(uri!("/")));
    assert_eq!(
        UriBuilder::new(&mut buffer).segment("a/b?c").segment("").segment("ä%").finish(),
        Ok(uri!("/a%2Fb%3Fc//%C3%A4%25"))
    );
    assert_eq!(built(|uri| uri.pair("a&b", "c=d+e")), "/?a%26b=c%3Dd%2Be");
    assert_eq!(built(|uri| uri.segment("a").pair("b", "").pair("", "c")), "/a?b=&=c");
}

#[test]
fn a_builder_takes_over_parts_of_a_uri() {
    let old = uri!("/x/y?a=%41");
    assert_eq!(built(|uri| uri.path(old).query(old)), "/x/y?a=%41");
    assert_eq!(
        built(|uri| uri.path(old).segment("z").query(old).pair("b", "c")),
        "/x/y/z?a=%41&b=c"
    );
    assert_eq!(built(|uri| uri.path(uri!("/")).segment("z").query(uri!("/"))), "/z");
    assert_eq!(built(|uri| uri.path(uri!("/v1/")).path(old).query(uri!("/?"))), "/v1/x/y?");
    // `OPTIONS *` asks about the server.
    let all = Uri(b"*");
    assert_eq!(built(|uri| uri.path(all).query(all)), "*");
    assert_eq!(built(|uri| uri.path(all).pairs([])), "*");
    assert_eq!(built(|uri| uri.path(all).query(old)), "/*?a=%41");
    assert_eq!(built(|uri| uri.path(all).segment("a").query(uri!("/"))), "/*/a");
    assert_eq!(built(|uri| uri.path(uri!("/v1")).path(all).query(all)), "/v1/*");
}

#[test]
fn a_uri_that_does_not_fit_says_what_would() {
    let mut buffer = [0; 8];
    let long = UriBuilder::new(&mut buffer).segment("a b").pair("c", "d").finish();
    assert_eq!(long, Err(BuildError::BufferTooSmall(BufferTooSmall { needed: 10 })));
    let fits = UriBuilder::new(&mut buffer).segment("a b").pair("c", "").finish();
    assert_eq!(fits, Err(BuildError::BufferTooSmall(BufferTooSmall { needed: 9 })));
    assert!(UriBuilder::new(&mut buffer).segment("a").pair("bc", "d").finish().is_ok());
}

#[test]
fn a_segment_is_never_a_way_up() {
    let mut buffer = [0; 20];
    for dots in [".", ".."] {
        let built = UriBuilder::new(&mut buffer).segment("users").segment(dots).finish();
        assert_eq!(built, Err(BuildError::DotSegment));
    }
    assert!(UriBuilder::new(&mut buffer).segment("...").segment("..a").finish().is_ok());
}

#[test]
fn pieces_show_themselves_as_they_stand() {
    let pair = uri!("/?a%20=+").query_pairs().next().unwrap();
    assert_eq!(format!("{pair:?}"), "Pair(a%20=+)");
    assert_eq!(format!("{:?}", Uri("/ä".as_bytes())), "Uri(/\\xc3\\xa4)");
}

/// What a query becomes that keeps the pairs whose key does not begin with `x`.
fn without_x(uri: &str) -> String {
    let keep = |pair: Pair<'_>| pair.key.bytes().next() != Some(b'x');
    let mut bytes = uri.as_bytes().to_vec();
    let mut retained = RequestUri::from_host(&mut bytes);
    retained.retain_query(keep);
    let mut buffer = [0; 100];
    let sent = Uri(uri.as_bytes());
    let built = UriBuilder::new(&mut buffer)
        .path(sent)
        .pairs(sent.query_pairs().filter(|&pair| keep(pair)));
    let built = built.finish().unwrap();
    if !uri.contains("&&") && !uri.ends_with(['&', '?']) && !uri.contains("?&") {
        assert_eq!(built, retained.as_uri(), "both ways leave the same of {uri}");
    }
    std::str::from_utf8(retained.as_bytes()).unwrap().to_owned()
}

#[test]
fn pairs_that_stay_have_the_bytes_of_the_client() {
    for untouched in [
        "/",
        "/?",
        "/?&",
        "/?&&a",
        "/a?b",
        "/a?b=",
        "/a?=b&c==d&%zz&%61=%C3%A4+",
        "/a?f[a]=1&b={\"c\":\"<|>\"}",
        "/ä?ü=ß&\\^`",
        "/a?b?c#d",
    ] {
        assert_eq!(without_x(untouched), untouched);
    }
    assert_eq!(without_x("/a?f[a]=1&x=2"), "/a?f[a]=1");
    assert_eq!(without_x("/a?x=2&f[a]&%78&y=\"&xx"), "/a?f[a]&y=\"");
    assert_eq!(without_x("/a?x"), "/a");
    assert_eq!(without_x("/a?x&x=1&"), "/a");
    assert_eq!(without_x("/a?b&&x&&c&x"), "/a?b&&&c");
}
