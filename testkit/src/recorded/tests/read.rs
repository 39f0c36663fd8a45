//! Reading files: every key, and every error with its place.

use std::path::Path;

use http_wasm_abi::LogLevel;

use super::super::*;
use http_wasm_model::exchange::{Headers, LogEntry, Response};

fn parsed(text: &str) -> RecordedFile {
    match parse(text, Path::new("exchanges.toml")) {
        Ok(file) => file,
        Err(error) => panic!("{error}"),
    }
}

fn refused(text: &str) -> String {
    match parse(text, Path::new("a/exchanges.toml")) {
        Ok(_) => panic!("was read without an error:\n{text}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_key_is_read() {
    let file = parsed(
        r#"
config = "for all"

[[exchange]]
name = "everything"
level = "should"
config = "for this one"
[exchange.request]
method = "POST"
uri = "/a?b=c"
version = "HTTP/2.0"
headers = { Host = "example.test", accept = ["a", "b"] }
body = { hex = "00 ff" }
chunked = true
trailers = { x-sum = "1" }
source_addr = "192.0.2.1:1234"
[exchange.upstream]
status = 201
headers = { x-up = "1" }
body = { repeat = "abc", times = 2 }
chunked = true
trailers = { x-end = "1" }
[exchange.expect]
upstream = { method = "PUT", uri = "/", headers = { X-A = "1", x-b = false, x-c = ["1", "2"] }, body = "b", trailers = { x-t = false } }
response = { status = 401, headers = { x-d = "1" }, body = "c", body_lacks = ["d"], trailers = { x-t = "1" } }
logs = [{ level = "warn", message = "m" }]
trap = true
[exchange.skip]
traefik = "config is not JSON"

[[exchange]]
name = "nothing"

[[exchange]]
name = "bytes"
config = { hex = "00ff" }
"#,
    );
    let [everything, nothing, bytes] = file.exchanges.as_slice() else { panic!("three") };
    assert_eq!((everything.level, nothing.level), (Level::Should, Level::Must));
    assert_eq!(bytes.config, [0, 255]);
    assert_eq!((everything.name.as_str(), everything.line), ("everything", 4));
    assert_eq!(everything.config, b"for this one");
    let headers: Headers =
        [("host", "example.test"), ("accept", "a"), ("accept", "b")].into_iter().collect();
    assert_eq!(
        everything.request,
        Request {
            method: "POST".to_owned(),
            uri: "/a?b=c".to_owned(),
            version: "HTTP/2.0".to_owned(),
            headers,
            body: vec![0, 255],
            chunked: true,
            trailers: [("x-sum", "1")].into_iter().collect(),
            source_addr: "192.0.2.1:1234".to_owned(),
        }
    );
    let answer = Response {
        status: 201,
        headers: [("x-up", "1")].into_iter().collect(),
        body: b"abcabc".to_vec(),
        chunked: true,
        trailers: [("x-end", "1")].into_iter().collect(),
    };
    assert_eq!(everything.upstream, Upstream::Answers(answer));
    let ExpectUpstream::Called(request) = &everything.expect.upstream else { panic!("a call") };
    assert_eq!(request.method.as_deref(), Some("PUT"));
    assert_eq!(request.uri.as_deref(), Some("/"));
    assert_eq!(request.body.as_deref(), Some(&b"b"[..]));
    let values = |values: &[&str]| {
        ExpectHeader::Values(values.iter().map(|&value| value.to_owned()).collect())
    };
    assert_eq!(request.headers["x-a"], values(&["1"]));
    assert_eq!(request.headers["x-b"], ExpectHeader::Absent);
    assert_eq!(request.headers["x-c"], values(&["1", "2"]));
    assert_eq!(request.trailers["x-t"], ExpectHeader::Absent);
    let response = everything.expect.response.as_ref().expect("a response is expected");
    assert_eq!(response.status, Some(401));
    assert_eq!(response.headers["x-d"], values(&["1"]));
    assert_eq!(response.body.as_deref(), Some(&b"c"[..]));
    assert_eq!(response.body_lacks, ["d"]);
    assert_eq!(response.trailers["x-t"], values(&["1"]));
    let log = LogEntry { level: LogLevel::Warn, message: "m".to_owned() };
    assert_eq!(everything.expect.logs, Some(vec![log]));
    assert!(everything.expect.trap);
    assert_eq!(everything.skip["traefik"], "config is not JSON");

    assert_eq!((nothing.name.as_str(), nothing.line), ("nothing", 31));
    assert_eq!(nothing.config, b"for all");
    assert_eq!(nothing.request, Request::default());
    assert_eq!(nothing.upstream, Upstream::Answers(Response::default()));
    assert!(matches!(nothing.expect.upstream, ExpectUpstream::Any));
    assert!(nothing.expect.response.is_none() && nothing.expect.logs.is_none());
    assert!(!nothing.expect.trap && nothing.skip.is_empty());
}

#[test]
fn a_call_can_be_wanted_or_forbidden_without_details() {
    let upstream = |value: &str| {
        let text = format!("[[exchange]]\nname = \"a\"\nexpect.upstream = {value}\n");
        parsed(&text).exchanges.remove(0).expect.upstream
    };
    assert!(matches!(upstream("false"), ExpectUpstream::NotCalled));
    let ExpectUpstream::Called(request) = upstream("true") else { panic!("a call") };
    assert!(request.method.is_none() && request.headers.is_empty());
    let fails = parsed("[[exchange]]\nname = \"a\"\nupstream.fails = true\n");
    assert_eq!(fails.exchanges[0].upstream, Upstream::Fails);
}

#[test]
fn errors_name_the_place() {
    let mut wrong = Vec::new();
    for (text, wanted) in [
        ("", "1:1: found no exchange, wanted at least one [[exchange]]"),
        ("[[exchange]]\n", "1:1: missing field `name`"),
        ("[[exchange]\n", "1:12: unclosed array table, expected `]`"),
        (
            "[[exchange]]\nname = \"a\"\n\n[[exchange]]\nname = \"a\"\n",
            "5:8: found the name \"a\" again, first in line 2; wanted a name for each exchange that no other has",
        ),
        (
            "[[exchange]]\nname = \"a\"\nrequst = {}\n",
            "3:1: unknown field `requst`, expected one of `name`, `level`, `config`, `now`, `random_seed`, `request`, `upstream`, `expect`, `skip`",
        ),
        (
            "[[exchange]]\nname = \"a\"\nlevel = \"may\"\n",
            "3:9: unknown variant `may`, expected `must` or `should`",
        ),
        (
            "[[exchange]]\nname = \"ä\"\n[exchange.request]\n  body = { hex = \"0\" }\n",
            "4:10: found 1 hexadecimal digits, wanted two for each byte",
        ),
        (
            "[[exchange]]\nname = \"a\"\nrequest.body = { hex = \"0g\" }\n",
            "3:16: found 'g', wanted hexadecimal digits",
        ),
        (
            "[[exchange]]\nname = \"a\"\nrequest.body = { repeat = \"a\" }\n",
            "3:16: wanted either { hex = \"...\" } or { repeat = \"...\", times = N }",
        ),
        (
            "[[exchange]]\nname = \"a\"\nrequest.body = { repeat = \"ab\", times = 1000000000 }\n",
            "3:16: found a body of 2 bytes 1000000000 times, wanted at most 268435456 bytes together",
        ),
        (
            "[[exchange]]\nname = \"a\"\nrequest.body = 1\n",
            "3:16: invalid type: integer `1`, expected a text, { hex = \"...\" } or { repeat = \"...\", times = N }",
        ),
        (
            "[[exchange]]\nname = \"a\"\nrequest.headers = { \"a b\" = \"1\" }\n",
            "3:21: found the header name \"a b\", wanted a token such as content-type",
        ),
        (
            "[[exchange]]\nname = \"a\"\nrequest.headers = { a = \"1\", A = \"2\" }\n",
            "3:19: found the header \"a\" twice, differing in case only; wanted one list of values",
        ),
        (
            "[[exchange]]\nname = \"a\"\nrequest.headers = { a = \"1\\n\" }\n",
            "3:19: found the value \"1\\n\" for the header \"a\", wanted one without control characters",
        ),
        (
            "[[exchange]]\nname = \"a\"\nrequest.headers = { a = false }\n",
            "3:19: found false for the header \"a\", which only an expectation can have; leave the header out",
        ),
        (
            "[[exchange]]\nname = \"a\"\nrequest.headers = { content-length = \"1\" }\n",
            "3:19: found the header \"content-length\", which goes with the body by itself; leave it out, and say chunked = true for a body of unknown length",
        ),
        (
            "[[exchange]]\nname = \"a\"\nexpect.response.headers = { a = true }\n",
            "3:33: found true, wanted the value, or false where the header must be absent",
        ),
        (
            "[[exchange]]\nname = \"a\"\nexpect.response.headers = { a = [] }\n",
            "3:33: found an empty list, wanted at least one value",
        ),
        (
            "[[exchange]]\nname = \"a\"\nrequest.method = \"G T\"\n",
            "3:18: found the method \"G T\", wanted a token such as GET",
        ),
        (
            "[[exchange]]\nname = \"a\"\nrequest.uri = \"a\"\n",
            "3:15: found the uri \"a\", wanted a path that begins with a slash, and perhaps a query, without spaces and control characters",
        ),
        (
            "[[exchange]]\nname = \"a\"\nupstream.status = 99\n",
            "3:19: found the status 99, wanted 100 to 999",
        ),
        (
            "[[exchange]]\nname = \"a\"\nupstream = { fails = true, status = 200 }\n",
            "3:22: found fails = true beside an answer; wanted one of them",
        ),
        (
            "[[exchange]]\nname = \"a\"\nexpect.upstream = 1\n",
            "3:19: invalid type: integer `1`, expected true, false or a table with method, uri, headers, body, trailers",
        ),
        (
            "[[exchange]]\nname = \"a\"\nexpect.upstream = { methd = \"GET\" }\n",
            "3:21: unknown field `methd`, expected one of `method`, `uri`, `headers`, `body`, `trailers`",
        ),
        (
            "[[exchange]]\nname = \"a\"\n[exchange.expect.response]\nbody = { hexx = \"00\" }\n",
            "4:10: unknown field `hexx`, expected one of `hex`, `repeat`, `times`",
        ),
        (
            "[[exchange]]\nname = \"a\"\nexpect.logs = [{ level = \"trace\", message = \"\" }]\n",
            "3:26: found the level \"trace\", wanted one of debug, info, warn, error",
        ),
    ] {
        let (found, wanted) = (refused(text), format!("a/exchanges.toml:{wanted}"));
        if found != wanted {
            wrong.push(format!("for:\n{text}found  {found}\nwanted {wanted}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = read(Path::new("no/such.toml")).expect_err("there is no such file").to_string();
    assert!(error.starts_with("no/such.toml: cannot read the recorded exchanges: "), "{error}");
}

/// Finding the lines of 5,000 exchanges from the start would read 8 MB each time, 80 GB in all.
#[test]
fn places_are_found_without_reading_from_the_start() {
    let exchanges = (0..5_000).map(|number| format!("[[exchange]]\nname = \"{number}\"\n\n"));
    let text: String =
        std::iter::once(format!("# {}\n", "a".repeat(8 << 20))).chain(exchanges).collect();
    let start = std::time::Instant::now();
    let last = parsed(&text).exchanges.pop().expect("an exchange");
    assert_eq!((last.name.as_str(), last.line), ("4999", 2 + 4_999 * 3));
    assert!(start.elapsed().as_secs() < 5, "it took {:?}", start.elapsed());
}

#[test]
fn a_long_file_takes_as_long_as_its_exchanges_together() {
    let time = |count: usize| {
        let exchange = |number| {
            format!("[[exchange]]\nname = \"{number}\"\nexpect.upstream = {{ uri = \"/\" }}\n\n")
        };
        let text: String = (0..count).map(exchange).collect();
        let before = std::time::Instant::now();
        assert_eq!(
            parse(&text, Path::new("test.toml")).expect("it is right").exchanges.len(),
            count
        );
        before.elapsed()
    };
    // Eight times as many; where each looks at all before it, 64 times as long.
    let (few, many) = (time(2_000), time(16_000));
    assert!(many < few * 30, "{few:?} for 2,000, {many:?} for 16,000");
}

#[test]
fn every_target_that_a_host_hands_over_can_be_recorded() {
    let uri = |uri: &str| {
        let uri = uri.replace('"', "\\\"");
        let text = format!("[[exchange]]\nname = \"a\"\nrequest.uri = \"{uri}\"\n");
        parse(&text, Path::new("test.toml")).map(|file| file.exchanges[0].request.uri.clone())
    };
    for target in [
        "/a?f[a]=1&utm_x=2",
        r#"/a?q={"k":"v"}"#,
        "/?q=<script>alert(1)</script>",
        "/a|b^c{d}`#e",
        "/%zz?%",
        "/ä?ö",
        "//a//../b",
        "/a?b?c",
    ] {
        assert_eq!(uri(target).ok().as_deref(), Some(target));
    }
    for wrong in ["", "a", "*", "http://a/b", "/a b", "/a\\tb", "/a\\u007f"] {
        let error = uri(wrong).expect_err(wrong).to_string();
        assert!(error.contains("wanted a path that begins with a slash"), "{error}");
    }
}

#[test]
fn surroundings_are_read_and_folders_are_beside_the_file() {
    let text = |head: &str| format!("{head}\n[[exchange]]\nname = \"a\"\n");
    let read = |head: &str| parse(&text(head), Path::new("some/test.toml"));
    let file =
        read("env = { A = \"1\", B = \"\" }\ndirs = { \"/data\" = \"x\", \"/abs\" = \"/y\" }");
    let Surroundings { env, dirs } = file.expect("it is right").surroundings;
    assert_eq!(
        env.into_iter().collect::<Vec<_>>(),
        [("A", "1"), ("B", "")].map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
    assert_eq!(dirs["/data"], Path::new("some").join("x"));
    assert_eq!(dirs["/abs"], Path::new("/y"));
    assert!(read("").expect("it is right").surroundings.is_empty());
    for wrong in
        ["env = { \"A=B\" = \"1\" }", "env = { \"\" = \"1\" }", "env = { A = \"\\u0000\" }"]
    {
        let error = read(wrong).expect_err(wrong).to_string();
        assert!(error.contains("some/test.toml:1:"), "{error}");
    }
}

#[test]
fn clock_and_random_numbers_are_those_of_the_exchange_or_of_the_file() {
    let text = r#"
now = "2026-01-01T00:00:00Z"
random_seed = 7
[[exchange]]
name = "as in the file"
[[exchange]]
name = "its own"
now = 2026-01-01T00:01:00Z
random_seed = 8
"#;
    let file = parse(text, Path::new("exchanges.toml")).unwrap();
    let found: Vec<_> = file
        .exchanges
        .iter()
        .map(|recorded| recorded.scenario(&InstanceSettings::default()).settings.test)
        .map(|test| (test.clock.unwrap().as_secs(), test.random_seed.unwrap()))
        .collect();
    assert_eq!(found, [(1_767_225_600, 7), (1_767_225_660, 8)]);
}
