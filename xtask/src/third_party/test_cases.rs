//! The requests that every guest receives and the responses of the upstream: enough of both to reach
//! each branch of a guest, and each point at which hosts could differ.
//!
//! All guests receive all requests, also those made for one guest (a password, a path, the number of
//! a test).

use http::header::HOST;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use cargo_http_wasm::http_probe::{self, client};

/// The text that `examples/redact` hides; some bodies contain it.
pub(crate) const SECRET: &str = "open sesame";
/// The password that `examples/auth` expects.
const PASSWORD: &str = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
/// A path that the routers forward.
const HOST_PATH: &str = "/host/a?b=c";
/// The header with which the guest of the TCK selects one of its tests.
const TCK: &str = "x-httpwasm-tck-testid";

/// One exchange.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) request: http_probe::Request,
    pub(crate) upstream: Upstream,
}

/// What the upstream does.
#[derive(Clone, Debug)]
pub(crate) enum Upstream {
    Responds(Box<http_probe::Response>),
    /// Closes the connection without a response.
    HangsUp,
}

/// All exchanges, in the order in which they are run.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    cases.extend(requests().map(|(name, request)| {
        let response = response().header("content-type", "text/plain").body("world");
        Case { name: name.to_owned(), request: request.0, upstream: response.upstream() }
    }));
    cases.extend(responses().map(|(name, upstream)| {
        // A path that routers forward and the password, so that all guests receive the response.
        let mut request = get(HOST_PATH).header("authorization", PASSWORD).0;
        client::accept_trailers(&mut request);
        Case { name: format!("response: {name}"), request, upstream }
    }));
    cases.extend(conformance().map(|(test, request)| {
        let request = request.header(TCK, &test).0;
        Case { name: format!("tck: {test}"), request, upstream: response().upstream() }
    }));
    cases.extend(languages().map(|(name, request)| {
        let name = format!("language: {name}");
        Case { name, request: request.0, upstream: response().upstream() }
    }));
    for case in &mut cases {
        // The default is the host's address, which differs between hosts.
        case.request.headers.entry(HOST).or_insert(HeaderValue::from_static("example.test"));
    }
    cases
}

fn requests() -> impl Iterator<Item = (&'static str, RequestBuilder)> {
    let long = "abc".repeat(1000);
    let huge = "0123456789".repeat(7_000);
    let headers = |count: usize| {
        (0..count).fold(get("/"), |request, number| {
            request.header(&format!("x-the-header-with-the-number-{number:03}"), "1")
        })
    };
    let secret = format!("{{\"id\": 1, \"secret\": \"{SECRET}\"}}");
    [
        ("get", get("/")),
        ("path and query", get("/v1.0/hi?name=panda")),
        ("an empty query", get("/a?")),
        ("a query of odd bytes", get("/?x=%20&y=%zz;z&&='{}")),
        ("percent escapes", get("/a%2Fb%20c/%e4%bd%a0/%41?x=%2f")),
        ("dots and slashes", get("//a//./b/../c/")),
        ("marks that need no escape", get("/a!b$c&d'e(f)g*h+i,j;k=l:m@n[o]-._~")),
        ("marks that no URI has", get("/a|b^c{d}")),
        ("for the host", get(HOST_PATH)),
        ("for the host, nothing else", get("/host")),
        ("for the host, only a query", get("/host?a=b")),
        ("for the host, without a slash", get("/hosts")),
        ("for the host, escaped", get("/host/%2Fa%20b?%26")),
        ("head", request(Method::HEAD, "/").header("authorization", PASSWORD)),
        ("head for the host", request(Method::HEAD, HOST_PATH)),
        ("options", request(Method::OPTIONS, HOST_PATH).header("authorization", PASSWORD)),
        ("a method of its own", request(own_method(), HOST_PATH)),
        ("delete", request(Method::DELETE, HOST_PATH).header("authorization", PASSWORD)),
        ("post", post("{\"hello\": \"panda\"}").header("content-type", "application/json")),
        ("post, authorised", post("small").header("authorization", PASSWORD)),
        ("post of one byte", post("x")),
        ("post of nothing", post("").header("content-length", "0")),
        ("post of 3,000 bytes", post(&long)),
        ("post of 70,000 bytes", post(&huge)),
        ("post in chunks", post("in chunks").chunked()),
        ("post of 3,000 bytes in chunks", post(&long).chunked()),
        ("post with a trailer", post("abc").trailer("x-sum", "1")),
        ("post of a secret", post(&secret)),
        ("post of a secret in chunks", post(&secret).chunked()),
        ("post of bytes", post_bytes(&[0, 1, 0x7f, 0x80, 0xff, 0, b'\r', b'\n'])),
        (
            "get with a body",
            RequestBuilder(http_probe::Request { method: Method::GET, ..post("why").0 }),
        ),
        ("put", RequestBuilder(http_probe::Request { method: Method::PUT, ..post("put").0 })),
        ("password", get("/").header("authorization", PASSWORD)),
        ("password in another case", get("/").header("Authorization", &PASSWORD.to_lowercase())),
        ("password of the same length", get("/").header("authorization", &"x".repeat(34))),
        ("a wrong password", get("/").header("authorization", "0")),
        ("an empty password", get("/").header("authorization", "")),
        (
            "two passwords",
            get("/").header("authorization", PASSWORD).header("authorization", PASSWORD),
        ),
        ("a host with a port", get(HOST_PATH).header("host", "other.test:81")),
        (
            "several values",
            get(HOST_PATH).header("accept", "a, b").header("accept", "c").header("accept", ""),
        ),
        ("unusual values", get(HOST_PATH).header_bytes("x-odd", b"a\tb \xff\xe9!\"(),:;<=>?@")),
        ("unusual names", get(HOST_PATH).header("x!#$%&'*+.^_`|~1", "odd")),
        ("a long value", get(HOST_PATH).header("x-long", &long)),
        ("many headers", headers(80)),
        ("hundreds of headers", headers(300)),
        ("cookies", get("/").header("cookie", "a=1; b=2").header("cookie", "c=3")),
        (
            "what proxies say",
            get(HOST_PATH)
                .header("x-forwarded-for", "192.0.2.1")
                .header("x-forwarded-proto", "https")
                .header("forwarded", "for=192.0.2.1")
                .header("via", "1.1 before"),
        ),
        (
            "what belongs to the connection",
            get(HOST_PATH)
                .header("connection", "x-hop")
                .header("x-hop", "1")
                .header("keep-alive", "timeout=5")
                .header("te", "trailers, gzip"),
        ),
        (
            "what clients say",
            get(HOST_PATH)
                .header("user-agent", "test/1")
                .header("accept-encoding", "gzip")
                .header("range", "bytes=0-1")
                .header("if-none-match", "\"a\""),
        ),
    ]
    .into_iter()
}

fn responses() -> impl Iterator<Item = (&'static str, Upstream)> {
    let secret = format!("{SECRET} and {SECRET}");
    let text = || response().header("content-type", "text/plain");
    [
        ("nothing", response()),
        ("a type and no body", text()),
        ("a body without a type", response().body("<html><body>hi")),
        ("201", text().status(201).header("location", "/new").body("made")),
        ("204", response().status(204).header("x-empty", "")),
        ("301", response().status(301).header("location", "/other")),
        ("304", response().status(304).header("etag", "\"a\"")),
        ("404", text().status(404).body("not here")),
        ("418", text().status(418).body("short and stout")),
        ("500", text().status(500).body("oops")),
        ("599", text().status(599).body("odd")),
        ("chunks", text().body("in two chunks").chunked()),
        ("no body in chunks", text().chunked()),
        ("cookies", text().header("set-cookie", "a=1").header("set-cookie", "b=2").body("x")),
        (
            "trailers",
            text().body("with trailers").trailer("x-end", "1").trailer("grpc-status", "0"),
        ),
        ("unusual values", text().header_bytes("x-odd", b"a\tb \xe9\xff!").body("x")),
        ("several values", response().header("x-a", "1, 2").header("X-A", "3").header("x-a", "")),
        ("a date", response().header("date", "Tue, 15 Nov 1994 08:12:31 GMT").body("then")),
        ("a server", response().header("server", "test/1").header("via", "1.1 after").body("x")),
        ("a secret", text().body(&secret)),
        ("a secret in chunks", text().body(&secret).chunked()),
        ("3,000 bytes", text().body(&"xyz".repeat(1000))),
        ("70,000 bytes", text().body(&"0123456789".repeat(7_000))),
        ("less than was promised", text().header("content-length", "100").body("short")),
    ]
    .into_iter()
    .map(|(name, response)| (name, response.upstream()))
    .chain([("none", Upstream::HangsUp)])
}

/// The tests of the TCK, by their names there. The response of its backend does not matter here, only
/// whether the hosts agree.
fn conformance() -> impl Iterator<Item = (String, RequestBuilder)> {
    let plain = ["get_protocol_version", "set_method", "get_source_addr"].map(|t| (t, get("/")));
    let uris = [
        ("simple", "/simple"),
        ("simple/escaping", "/simple%26clean"),
        ("query", "/animal?name=panda"),
        ("query/escaping", "/disney?name=chip%26dale"),
    ];
    let mut tests: Vec<(String, RequestBuilder)> =
        plain.into_iter().map(|(test, request)| (test.to_owned(), request)).collect();
    for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"] {
        let sent = method.parse().unwrap_or_default();
        tests.push((format!("get_method/{method}"), request(sent, "/")));
    }
    for (name, uri) in uris {
        tests.push((format!("get_uri/{name}"), get(uri)));
        tests.push((format!("set_uri/{name}"), get("/")));
    }
    let values = "get_header_values/request";
    let several = get("/").header("multi-header", "value1").header("multi-header", "value2");
    for (name, request) in [
        ("lowercase-key", get("/").header("single-header", "value")),
        ("mixedcase-key", get("/").header("Single-Header", "value")),
        ("not-exists", get("/")),
        ("multiple-values", several),
    ] {
        tests.push((format!("{values}/{name}"), request));
    }
    let names = get("/").header("a-header", "value1").header("b-header", "2");
    tests.push(("get_header_names/request".to_owned(), names));
    for function in ["set_header_value", "add_header_value", "remove_header"] {
        for name in ["new", "existing"] {
            let request = get("/").header("existing-header", "bear");
            tests.push((format!("{function}/request/{name}"), request));
        }
    }
    for (name, size) in
        [("empty", 0), ("small", 5), ("medium", 2048), ("large", 4096), ("xlarge", 5000)]
    {
        tests.push((format!("read_body/request/{name}"), post(&"a".repeat(size))));
    }
    tests.into_iter()
}

/// What guests of other languages respond to by themselves.
fn languages() -> impl Iterator<Item = (&'static str, RequestBuilder)> {
    let long = "[1] ".repeat(2_000);
    [
        ("text", get("/language/text")),
        ("sleep", get("/language/sleep")),
        ("garbage", get("/language/garbage")),
        ("more garbage", get("/language/garbage")),
        ("tasks", get("/language/tasks")),
        ("json", post_to("/language/json", r#"{"b": [1, 2.5, null], "a": "\u00e4"}"#)),
        ("no json", post_to("/language/json", "{")),
        ("a long body", post_to("/language/json", &long)),
        ("print", get("/language/print")),
        ("files", get("/language/files")),
        ("trap", get("/language/trap")),
        ("text after a trap", get("/language/text")),
        // The Go host keeps what has ended itself, so nothing can come after it.
        ("exit", get("/language/exit")),
    ]
    .into_iter()
}

fn post_to(uri: &str, body: &str) -> RequestBuilder {
    let RequestBuilder(request) = post(body);
    RequestBuilder(http_probe::Request { uri: uri.to_owned(), ..request })
}

fn own_method() -> Method {
    Method::from_bytes(b"PURGE").unwrap_or_default()
}

/// Builds a request.
struct RequestBuilder(http_probe::Request);

fn request(method: Method, uri: &str) -> RequestBuilder {
    RequestBuilder(http_probe::Request {
        method,
        uri: uri.to_owned(),
        ..http_probe::Request::default()
    })
}

fn get(uri: &str) -> RequestBuilder {
    request(Method::GET, uri)
}

/// A body on a path that routers forward.
fn post(body: &str) -> RequestBuilder {
    post_bytes(body.as_bytes())
}

fn post_bytes(body: &[u8]) -> RequestBuilder {
    let mut request = request(Method::POST, HOST_PATH);
    request.0.body = body.to_vec();
    request
}

/// Builds a response.
struct ResponseBuilder(http_probe::Response);

fn response() -> ResponseBuilder {
    ResponseBuilder(http_probe::Response::default())
}

impl ResponseBuilder {
    fn status(mut self, status: u16) -> Self {
        self.0.status = StatusCode::from_u16(status).unwrap_or_default();
        self
    }

    fn body(mut self, body: &str) -> Self {
        self.0.body = body.as_bytes().to_vec();
        self
    }

    fn upstream(self) -> Upstream {
        Upstream::Responds(Box::new(self.0))
    }
}

/// What requests and responses have in common.
trait Message: Sized {
    /// Headers, trailers, and whether the body is sent in chunks.
    fn parts(&mut self) -> (&mut HeaderMap, &mut HeaderMap, &mut bool);

    fn header(self, name: &str, value: &str) -> Self {
        self.header_bytes(name, value.as_bytes())
    }

    fn header_bytes(mut self, name: &str, value: &[u8]) -> Self {
        add(self.parts().0, name, value);
        self
    }

    fn trailer(mut self, name: &str, value: &str) -> Self {
        add(self.parts().1, name, value.as_bytes());
        self
    }

    fn chunked(mut self) -> Self {
        *self.parts().2 = true;
        self
    }
}

impl Message for RequestBuilder {
    fn parts(&mut self) -> (&mut HeaderMap, &mut HeaderMap, &mut bool) {
        (&mut self.0.headers, &mut self.0.trailers, &mut self.0.chunked)
    }
}

impl Message for ResponseBuilder {
    fn parts(&mut self) -> (&mut HeaderMap, &mut HeaderMap, &mut bool) {
        (&mut self.0.headers, &mut self.0.trailers, &mut self.0.chunked)
    }
}

/// Adds a header. A test verifies that HTTP allows all names and values here.
fn add(headers: &mut HeaderMap, name: &str, value: &[u8]) {
    if let (Ok(name), Ok(value)) =
        (http::HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value))
    {
        headers.append(name, value);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_case_can_be_sent_and_has_a_name_of_its_own() {
        let cases = cases();
        let names: BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
        assert_eq!(names.len(), cases.len());
        for case in &cases {
            client::check(&case.request).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        }
    }

    #[test]
    fn every_header_of_a_case_is_valid_http() {
        let case = |wanted: &str| {
            let mut cases = cases().into_iter();
            cases.find(|case| case.name == wanted).map(|case| case.request).unwrap()
        };
        assert_eq!(case("unusual values").headers["x-odd"].len(), 18);
        assert!(case("unusual names").headers.contains_key("x!#$%&'*+.^_`|~1"));
        assert_eq!(case("hundreds of headers").headers.len(), 300 + 1);
        assert_eq!(case("a method of its own").method.as_str(), "PURGE");
        assert_eq!(case("tck: get_method/TRACE").method, Method::TRACE);
    }
}
