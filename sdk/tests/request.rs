//! What handlers read of a request, through the model: version, address, headers, URI.
#![cfg(not(target_family = "wasm"))]

use http_wasm_sdk::prelude::*;
use http_wasm_sdk::testing::{self, Scenario};
use http_wasm_sdk::{BufferTooSmall, UriBuilder, Version};

#[handler]
fn describe(request: &mut Request) -> Result<(), Error> {
    let mut buffer = Buffer::<64>::new();
    let version = request.version(&mut buffer)?;
    let source = request.source();
    log::format(log::Level::Info, format_args!("{version} {:?} {source:?}", version.major()));
    assert_eq!(version == Version::HTTP_2, version == "HTTP/2.0");
    Ok(())
}

fn described(scenario: &Scenario) -> String {
    testing::run::<describe>(scenario).logs[0].message.clone()
}

#[test]
fn version_and_address_are_types() {
    let scenario = Scenario::get("/").source_addr("192.0.2.1:1234");
    assert_eq!(described(&scenario), "HTTP/1.1 Some(1) Ok(192.0.2.1:1234)");
    let longest = "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255%4294967295]:65535";
    let scenario = Scenario::get("/").version("HTTP/2.0").source_addr(longest);
    assert!(described(&scenario).starts_with("HTTP/2.0 Some(2) Ok([ffff:"));
}

#[test]
fn an_invalid_address_is_an_error() {
    for source in ["", "192.0.2.1", "@", "/run/socket", "[fe80::1%eth0]:80", "a.test:80"] {
        let described = described(&Scenario::get("/").source_addr(source));
        assert!(described.ends_with("Err(InvalidSourceAddr(()))"), "{described}");
    }
}

/// Puts each request header into one header of the response.
#[handler]
fn list(request: &mut Request, mut reply: Reply<'_>) -> Result<(), BufferTooSmall> {
    let headers = reply.headers_mut();
    let mut seen = String::new();
    let all = request.headers().for_each(
        &mut Buffer::<64>::new(),
        &mut Buffer::<8>::new(),
        |name, value| seen.push_str(&format!("{name}={value};")),
    );
    let value = HeaderValue::try_from(&*seen).map_err(|_| BufferTooSmall { needed: 0 });
    let mut headers = headers;
    headers.insert(name!("x-seen"), value?);
    all
}

#[test]
fn every_header_is_seen_with_each_value() {
    let request = Scenario::get("/").header("b", "1").header("a", "2").header("b", "3");
    let outcome = testing::run::<list>(&request);
    assert_eq!(outcome.response_header("x-seen"), Some("a=2;b=1;b=3;"));
}

#[test]
fn headers_before_one_that_does_not_fit_are_seen() {
    let request = Scenario::get("/").header("a", "1").header("b", "longer than 8").header("c", "2");
    let outcome = testing::run::<list>(&request);
    assert_eq!(outcome.response_header("x-seen"), Some("a=1;"));
    assert_eq!(outcome.status(), 500);
}

/// Moves the tenant from the query to the path.
#[handler]
fn tenant(request: &mut Request, reply: Reply<'_>) -> Result<Option<Responded>, Error> {
    let (mut old, mut name, mut new) =
        (Buffer::<256>::new(), Buffer::<32>::new(), Buffer::<256>::new());
    let uri = request.uri(&mut old)?;
    let Some(tenant) = uri.query_value("tenant", &mut name)? else {
        return Ok(Some(reply.status(StatusCode::NOT_FOUND).end()));
    };
    let target = UriBuilder::new(&mut new).segment(tenant).path(&uri).query(&uri).finish()?;
    request.set_uri(target);
    Ok(None)
}

#[test]
fn a_uri_is_built_from_the_one_that_came() {
    for (uri, wanted) in [
        ("/a?tenant=x", "/x/a?tenant=x"),
        ("/?tenant=J%2fD+%26", "/J%2FD%20%26/?tenant=J%2fD+%26"),
        ("/a[]?b|c&tenant=%25", "/%25/a[]?b|c&tenant=%25"),
    ] {
        assert_eq!(testing::run::<tenant>(&Scenario::get(uri)).upstream().uri, wanted);
    }
    assert_eq!(testing::run::<tenant>(&Scenario::get("/a?tenants=x")).status(), 404);
    assert_eq!(testing::run::<tenant>(&Scenario::get("/a?tenant=..")).status(), 500);
}
