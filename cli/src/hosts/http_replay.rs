//! Translates recorded exchanges to HTTP messages and back: what the client sends and the upstream
//! responds, why an exchange cannot be replayed over HTTP, and how an observation differs from the
//! expectation.

use http::{Method, StatusCode};
use http_wasm_model::exchange::{Headers, LogEntry, Request, Response};
use http_wasm_model::profile::Profile;
use http_wasm_testkit::Outcome;
use http_wasm_testkit::recorded::{Expect, Mismatch, Recorded, Upstream, compare, compare_wire};

use crate::http_probe::{self, client};

/// The messages of a recorded exchange: the client's request and the upstream's response.
#[derive(Clone, Debug)]
pub struct Messages {
    /// What the client sends.
    pub request: http_probe::Request,
    /// What the upstream responds.
    pub response: http_probe::Response,
}

/// What client and upstream observed of an exchange.
#[derive(Debug)]
pub struct Observation {
    /// The requests that reached the upstream.
    pub seen: Vec<http_probe::Seen>,
    /// What the client received; `None` when the connection was closed before a response, and an
    /// error when what came is not one.
    pub response: Result<Option<http_probe::Response>, http_probe::Error>,
    /// What the guest logged, where that can be known.
    pub logs: Option<Vec<LogEntry>>,
}

/// The messages of a recorded exchange.
///
/// # Errors
/// The reason why it cannot be replayed over HTTP.
pub fn messages(recorded: &Recorded) -> Result<Messages, String> {
    let request = &recorded.request;
    let Upstream::Answers(answer) = &recorded.upstream else {
        return Err("an upstream failure inside the host cannot be caused over HTTP".to_owned());
    };
    let usual = Request::default();
    if recorded.now.is_some() || recorded.random_seed.is_some() {
        return Err("clock and random numbers of a live host cannot be set".to_owned());
    }
    if request.source_addr != usual.source_addr {
        return Err(format!("the client's address cannot be chosen ({})", request.source_addr));
    }
    if request.version != usual.version {
        return Err(format!("requests are sent as {}, not as {}", usual.version, request.version));
    }
    let unsendable = |error: http_probe::Error| error.to_string();
    let method = Method::from_bytes(request.method.as_bytes())
        .map_err(|error| format!("method {:?}: {error}", request.method))?;
    let status = StatusCode::from_u16(answer.status)
        .map_err(|error| format!("status {}: {error}", answer.status))?;
    if status.is_informational() {
        return Err(format!("{status} is not a final response"));
    }
    let mut sent = http_probe::Request {
        method,
        uri: request.uri.clone(),
        headers: http_probe::header_map(request.headers.iter()).map_err(unsendable)?,
        body: request.body.clone(),
        chunked: request.chunked,
        trailers: http_probe::header_map(request.trailers.iter()).map_err(unsendable)?,
    };
    let wants_trailers =
        recorded.expect.response.as_ref().is_some_and(|response| !response.trailers.is_empty());
    if wants_trailers || !answer.trailers.is_empty() {
        client::accept_trailers(&mut sent);
    }
    client::check(&sent).map_err(unsendable)?;
    let response = http_probe::Response {
        status,
        headers: http_probe::header_map(answer.headers.iter()).map_err(unsendable)?,
        body: answer.body.clone(),
        chunked: answer.chunked,
        trailers: http_probe::header_map(answer.trailers.iter()).map_err(unsendable)?,
        broken: None,
    };
    Ok(Messages { request: sent, response })
}

/// How an observation differs from what was expected.
#[must_use]
pub fn differences(expect: &Expect, observation: Observation) -> Vec<Mismatch> {
    let Observation { mut seen, response, logs } = observation;
    let mut found = Vec::new();
    let mut add = |what: &str, wanted: &str, is: String| {
        found.push(Mismatch { what: what.to_owned(), wanted: wanted.to_owned(), found: is });
    };
    if seen.len() > 1 {
        add("upstream", "one call", format!("{} calls", seen.len()));
    }
    let request = (!seen.is_empty()).then(|| seen.remove(0));
    let response = match response {
        Ok(response) => response,
        Err(error) => {
            add("response", "an HTTP response", error.to_string());
            return found;
        }
    };
    // After a trap anything may be broken; without one nothing may be.
    if !expect.trap {
        if let Some(reason) = request.as_ref().and_then(|request| request.broken.as_ref()) {
            add("upstream.body", "the whole body", reason.clone());
        }
        if let Some(reason) = response.as_ref().and_then(|response| response.broken.as_ref()) {
            add("response.body", "the whole body", reason.clone());
        }
        if response.is_none() && expect.response.is_none() {
            add("response", "one", "none: the connection broke".to_owned());
        }
    }
    // A trap shows as a 5xx response or as a broken connection, unless the exchange says what the
    // client receives.
    if expect.trap
        && expect.response.is_none()
        && let Some(response) = &response
        && response.broken.is_none()
        && !response.status.is_server_error()
    {
        add("trap", "one: a 5xx response, or a broken connection", response.status.to_string());
    }
    let request = request.map(to_model_request);
    let response = response.map(to_model_response);
    found.extend(compare_wire(expect, request.as_ref(), response.as_ref()));
    if let Some(logs) = logs {
        found.extend(compare_logs(expect, logs));
    }
    found
}

/// Compares the logs alone, with the words that the reference host uses.
fn compare_logs(expect: &Expect, logs: Vec<LogEntry>) -> Vec<Mismatch> {
    let expect = Expect { logs: expect.logs.clone(), ..Expect::default() };
    let outcome = Outcome {
        profile: Profile::Go,
        upstream: None,
        response: None,
        logs,
        calls: Vec::new(),
        trap: None,
        problems: Vec::new(),
    };
    compare(&expect, &outcome)
}

fn to_model_request(seen: http_probe::Seen) -> Request {
    Request {
        method: seen.method.to_string(),
        uri: seen.uri,
        chunked: seen.headers.contains_key(http::header::TRANSFER_ENCODING),
        headers: to_model_headers(&seen.headers),
        body: seen.body,
        trailers: to_model_headers(&seen.trailers),
        ..Request::default()
    }
}

fn to_model_response(response: http_probe::Response) -> Response {
    Response {
        status: response.status.as_u16(),
        headers: to_model_headers(&response.headers),
        body: response.body,
        chunked: response.chunked,
        trailers: to_model_headers(&response.trailers),
    }
}

fn to_model_headers(map: &http::HeaderMap) -> Headers {
    map.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use http_wasm_abi::LogLevel;

    use super::*;

    fn recorded(text: &str) -> Recorded {
        let text = format!("[[exchange]]\nname = \"x\"\n{text}");
        let mut file = http_wasm_testkit::recorded::parse(&text, Path::new("test.toml")).unwrap();
        file.exchanges.remove(0)
    }

    fn seen() -> http_probe::Seen {
        http_probe::Seen {
            method: Method::GET,
            uri: "/".to_owned(),
            headers: http::HeaderMap::new(),
            body: b"abc".to_vec(),
            trailers: http::HeaderMap::new(),
            broken: None,
        }
    }

    fn observation() -> Observation {
        Observation {
            seen: vec![seen()],
            response: Ok(Some(http_probe::Response::default())),
            logs: None,
        }
    }

    fn shown(expect: &str, observation: Observation) -> Vec<String> {
        let expect = recorded(expect).expect;
        differences(&expect, observation).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_recorded_exchange_becomes_messages() {
        let recorded = recorded(
            r#"
            request = { method = "PUT", uri = "/a?b", headers = { Accept = ["a", "b"] }, body = { hex = "00ff" }, chunked = true }
            upstream = { status = 404, headers = { x-a = "1" }, body = "no", trailers = { x-t = "2" } }
            "#,
        );
        let Messages { request, response } = messages(&recorded).unwrap();
        assert_eq!((request.method.as_str(), request.uri.as_str()), ("PUT", "/a?b"));
        assert_eq!(request.headers.get_all("accept").iter().count(), 2);
        assert_eq!((request.body.as_slice(), request.chunked), ([0, 255].as_slice(), true));
        assert_eq!(request.headers["te"], "trailers", "or the upstream's trailers stay with it");
        assert_eq!((response.status.as_u16(), response.body.as_slice()), (404, b"no".as_slice()));
        assert_eq!(
            (&response.headers["x-a"], &response.trailers["x-t"]),
            (&"1".parse().unwrap(), &"2".parse().unwrap())
        );
    }

    #[test]
    fn an_exchange_that_cannot_be_replayed_has_a_reason() {
        for (text, reason) in [
            ("upstream = { fails = true }", "an upstream failure inside the host"),
            ("request = { source_addr = \"192.0.2.1:1\" }", "the client's address"),
            ("request = { version = \"HTTP/2.0\" }", "requests are sent as HTTP/1.1"),
            ("upstream = { status = 103 }", "103"),
        ] {
            let found = messages(&recorded(text)).unwrap_err();
            assert!(found.starts_with(reason), "{text}: {found}");
        }
        assert!(messages(&recorded("")).is_ok());
    }

    #[test]
    fn as_expected_is_no_difference() {
        let expect = "expect = { upstream = { body = \"abc\" }, response = { status = 200 } }";
        assert_eq!(shown(expect, observation()), [""; 0]);
    }

    #[test]
    fn bodies_must_be_whole_without_an_expectation() {
        let broken = || Some("cut".to_owned());
        let cut_request = Observation {
            seen: vec![http_probe::Seen { broken: broken(), ..seen() }],
            ..observation()
        };
        assert_eq!(shown("", cut_request), ["upstream.body: wanted the whole body, found cut"]);
        let response = http_probe::Response { broken: broken(), ..http_probe::Response::default() };
        let cut_response = Observation { response: Ok(Some(response.clone())), ..observation() };
        assert_eq!(shown("", cut_response), ["response.body: wanted the whole body, found cut"]);
        let closed = || Observation { response: Ok(None), ..observation() };
        assert_eq!(shown("", closed()), ["response: wanted one, found none: the connection broke"]);
        let status = "expect = { response = { status = 200 } }";
        assert_eq!(
            shown(status, closed()),
            ["response: wanted one, found none: the connection broke"]
        );
        let twice = Observation { seen: vec![seen(), seen()], ..observation() };
        assert_eq!(shown("", twice), ["upstream: wanted one call, found 2 calls"]);
        let hung = Observation {
            response: Err(http_probe::Error::Timeout(client::TIMEOUT)),
            ..observation()
        };
        assert_eq!(shown("", hung).len(), 1);
    }

    #[test]
    fn an_expected_trap_may_break_the_connection() {
        let closed = Observation { response: Ok(None), ..observation() };
        assert_eq!(shown("expect = { trap = true }", closed), [""; 0]);
        let failed = http_probe::Response {
            status: StatusCode::BAD_GATEWAY,
            ..http_probe::Response::default()
        };
        let failed = Observation { response: Ok(Some(failed)), ..observation() };
        assert_eq!(shown("expect = { trap = true }", failed), [""; 0]);
        let cut = http_probe::Response {
            broken: Some("cut".to_owned()),
            ..http_probe::Response::default()
        };
        let cut = Observation { response: Ok(Some(cut)), ..observation() };
        assert_eq!(shown("expect = { trap = true }", cut), [""; 0]);
    }

    #[test]
    fn an_expected_trap_must_show() {
        let wanted = "trap: wanted one: a 5xx response, or a broken connection, found 200 OK";
        assert_eq!(shown("expect = { trap = true }", observation()), [wanted]);
        let named = "expect = { trap = true, response = { status = 200 } }";
        assert_eq!(shown(named, observation()), [""; 0]);
    }

    #[test]
    fn logs_are_compared_where_they_are_known() {
        let expect = "expect = { logs = [{ level = \"info\", message = \"a\" }] }";
        let log = |message: &str| LogEntry { level: LogLevel::Info, message: message.to_owned() };
        assert_eq!(shown(expect, observation()), [""; 0]);
        assert_eq!(
            shown(expect, Observation { logs: Some(vec![log("a")]), ..observation() }),
            [""; 0]
        );
        let found = shown(expect, Observation { logs: Some(vec![log("b")]), ..observation() });
        assert_eq!(found, ["logs: wanted [info \"a\"], found [info \"b\"]"]);
    }
}
