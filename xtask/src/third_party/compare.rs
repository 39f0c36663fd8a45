//! Compares an exchange on two hosts by what client and upstream observation.

use http::HeaderMap;
use http_wasm_abi::Phase;
use http_wasm_model::exchange::LogEntry;
use http_wasm_testkit::recorded::Mismatch;

use cargo_http_wasm::http_probe;

/// Everything that can be observation of an exchange from outside.
#[derive(Clone, Debug, Default)]
pub(crate) struct Observation {
    /// What the client received; `None` when the connection was closed before a response, and an
    /// error when neither came.
    pub(crate) response: Option<Result<http_probe::Response, String>>,
    /// The requests that reached the upstream whole. Broken requests are left out: when the upstream
    /// notices, and how much it has received by then, depends on timing.
    pub(crate) seen: Vec<http_probe::Seen>,
    /// What the guest logged and printed.
    pub(crate) logs: Vec<LogEntry>,
    /// The hook in which it trapped.
    pub(crate) trap: Option<Phase>,
    /// Why, where the host says it; for people, and not compared.
    pub(crate) why: String,
}

impl Observation {
    /// The response, if there is one.
    pub(crate) fn response(&self) -> Option<&http_probe::Response> {
        self.response.as_ref()?.as_ref().ok()
    }
}

/// Headers that are not compared, and why.
pub(crate) const NOT_COMPARED: [(&str, &str); 1] =
    [("response.headers.date", "the time of a server's response; each has its own clock")];

/// How ours differs from theirs, part by part: wanted is theirs, found is ours.
pub(crate) fn differences(theirs: &Observation, ours: &Observation) -> Vec<Mismatch> {
    let mut found = Found(Vec::new());
    if theirs.trap != ours.trap {
        found.add("trap", show_trap(theirs), show_trap(ours));
    }
    found.add("logs", show_logs(&theirs.logs), show_logs(&ours.logs));
    // What a client of Go sends again on a new connection it sends as it was.
    found.upstream(theirs.seen.first(), ours.seen.first());
    found.response(&theirs.response, &ours.response);
    found.0
}

struct Found(Vec<Mismatch>);

impl Found {
    fn add(&mut self, what: &str, theirs: String, ours: String) {
        if theirs != ours {
            self.0.push(Mismatch { what: what.to_owned(), wanted: theirs, found: ours });
        }
    }

    fn upstream(&mut self, theirs: Option<&http_probe::Seen>, ours: Option<&http_probe::Seen>) {
        let (theirs, ours) = match (theirs, ours) {
            (Some(theirs), Some(ours)) => (theirs, ours),
            (None, None) => return,
            _ => {
                let show = |seen: Option<&http_probe::Seen>| match seen {
                    Some(seen) => format!("{} {}", seen.method, seen.uri),
                    None => "nothing".to_owned(),
                };
                return self.add("upstream", show(theirs), show(ours));
            }
        };
        self.add("upstream.method", theirs.method.to_string(), ours.method.to_string());
        self.add("upstream.uri", theirs.uri.clone(), ours.uri.clone());
        self.headers("upstream.headers", &theirs.headers, &ours.headers);
        self.body("upstream.body", &theirs.body, &ours.body);
        self.headers("upstream.trailers", &theirs.trailers, &ours.trailers);
    }

    fn response(
        &mut self,
        theirs: &Option<Result<http_probe::Response, String>>,
        ours: &Option<Result<http_probe::Response, String>>,
    ) {
        let (theirs, ours) = match (theirs, ours) {
            (Some(Ok(theirs)), Some(Ok(ours))) => (theirs, ours),
            _ => {
                let show = |response: &Option<Result<http_probe::Response, String>>| match response
                {
                    Some(Ok(response)) => response.status.as_u16().to_string(),
                    Some(Err(error)) => error.clone(),
                    None => "a closed connection".to_owned(),
                };
                return self.add("response", show(theirs), show(ours));
            }
        };
        let status = |response: &http_probe::Response| response.status.as_u16().to_string();
        self.add("response.status", status(theirs), status(ours));
        self.headers("response.headers", &theirs.headers, &ours.headers);
        // How a broken body reads depends on who broke it; that it did is what counts.
        let end = |response: &http_probe::Response| match response.broken {
            Some(_) => "broken off".to_owned(),
            None => "whole".to_owned(),
        };
        self.add("response.end", end(theirs), end(ours));
        self.body("response.body", &theirs.body, &ours.body);
        self.headers("response.trailers", &theirs.trailers, &ours.trailers);
    }

    fn headers(&mut self, what: &str, theirs: &HeaderMap, ours: &HeaderMap) {
        let mut names: Vec<_> = theirs.keys().chain(ours.keys()).collect();
        names.sort_by_key(|name| name.as_str());
        names.dedup();
        for name in names {
            let what = format!("{what}.{name}");
            let is_compared = NOT_COMPARED.iter().all(|(name, _)| *name != what);
            if is_compared && !theirs.get_all(name).iter().eq(ours.get_all(name)) {
                let (wanted, found) = (values(theirs, name), values(ours, name));
                self.0.push(Mismatch { what, wanted, found });
            }
        }
    }

    fn body(&mut self, what: &str, theirs: &[u8], ours: &[u8]) {
        if theirs != ours {
            // Not by what is shown: long bodies are shown by their beginning.
            let (what, wanted, found) = (what.to_owned(), show(theirs), show(ours));
            self.0.push(Mismatch { what, wanted, found });
        }
    }
}

fn values(headers: &HeaderMap, name: &http::HeaderName) -> String {
    let values: Vec<_> = headers.get_all(name).iter().map(|value| show(value.as_bytes())).collect();
    if values.is_empty() { "none".to_owned() } else { values.join(" and ") }
}

/// Bytes as text, long ones by their ends.
fn show(bytes: &[u8]) -> String {
    const LONGEST: usize = 160;
    let Some(start) = bytes.get(..LONGEST) else { return format!("\"{}\"", bytes.escape_ascii()) };
    format!("\"{}\"... ({} bytes)", start.escape_ascii(), bytes.len())
}

fn show_trap(observation: &Observation) -> String {
    let Some(phase) = observation.trap else { return "none".to_owned() };
    let why =
        if observation.why.is_empty() { String::new() } else { format!(" ({})", observation.why) };
    format!("in {phase}{why}")
}

fn show_logs(logs: &[LogEntry]) -> String {
    let shown: Vec<_> =
        logs.iter().map(|entry| format!("{} {:?}", entry.level, entry.message)).collect();
    format!("[{}]", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use http_wasm_abi::LogLevel;

    use super::*;

    fn observation() -> Observation {
        let headers = http_probe::header_map([("a", "1"), ("a", "2"), ("date", "now")]).unwrap();
        let seen = http_probe::Seen {
            method: http::Method::GET,
            uri: "/".to_owned(),
            headers: headers.clone(),
            body: b"abc".to_vec(),
            trailers: HeaderMap::new(),
            broken: None,
        };
        let response =
            http_probe::Response { headers, body: b"xyz".to_vec(), ..Default::default() };
        Observation { response: Some(Ok(response)), seen: vec![seen], ..Observation::default() }
    }

    fn changed(change: impl FnOnce(&mut Observation, &mut http_probe::Response)) -> Vec<String> {
        let mut ours = observation();
        let mut response = ours.response().unwrap().clone();
        change(&mut ours, &mut response);
        if matches!(ours.response, Some(Ok(_))) {
            ours.response = Some(Ok(response));
        }
        differences(&observation(), &ours).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn equal_observations_do_not_differ() {
        assert_eq!(changed(|_, _| {}), [""; 0]);
        assert_eq!(
            changed(|_, response| drop(response.headers.insert("date", "later".parse().unwrap()))),
            [""; 0]
        );
        assert_eq!(changed(|ours, _| ours.seen.push(ours.seen[0].clone())), [""; 0]);
    }

    #[test]
    fn every_part_is_compared() {
        let log = |message: &str| LogEntry { level: LogLevel::Info, message: message.to_owned() };
        let value = |text: &str| http::HeaderValue::from_str(text).unwrap();
        let all: [(Vec<String>, &str); 16] = [
            (changed(|ours, _| ours.trap = Some(Phase::Request)), "trap: wanted none, found in "),
            (changed(|ours, _| ours.logs.push(log("x"))), "logs: wanted [], found [info \"x\"]"),
            (changed(|ours, _| ours.seen.clear()), "upstream: wanted GET /, found nothing"),
            (changed(|ours, _| ours.seen[0].method = http::Method::PUT), "upstream.method: "),
            (changed(|ours, _| ours.seen[0].uri.push('?')), "upstream.uri: wanted /, found /?"),
            (changed(|ours, _| drop(ours.seen[0].headers.remove("a"))), "upstream.headers.a: "),
            (
                changed(|ours, _| drop(ours.seen[0].headers.insert("date", value("x")))),
                "upstream.headers.date: wanted \"now\", found \"x\"",
            ),
            (changed(|ours, _| ours.seen[0].body.push(0)), "upstream.body: "),
            (
                changed(|ours, _| drop(ours.seen[0].trailers.insert("t", value("1")))),
                "upstream.trailers.t: wanted none, found \"1\"",
            ),
            (changed(|ours, _| ours.response = None), "response: wanted 200, found a closed con"),
            (
                changed(|ours, _| ours.response = Some(Err("hung".to_owned()))),
                "response: wanted 200, found hung",
            ),
            (
                changed(|_, r| r.status = StatusCode::CREATED),
                "response.status: wanted 200, found 2",
            ),
            (
                changed(|_, r| drop(r.headers.insert("a", value("1")))),
                "response.headers.a: wanted \"1\" and \"2\", found \"1\"",
            ),
            (changed(|_, r| r.body.clear()), "response.body: wanted \"xyz\", found \"\""),
            (changed(|_, r| r.broken = Some("x".to_owned())), "response.end: wanted whole"),
            (
                changed(|_, r| drop(r.trailers.insert("t", value("1")))),
                "response.trailers.t: wanted none",
            ),
        ];
        for (found, wanted) in all {
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(wanted), "{found:?}: wanted {wanted}");
        }
    }

    #[test]
    fn long_values_are_compared_to_their_end() {
        let long = |end: &str| http_probe::Response {
            body: format!("{}{end}", "x".repeat(500)).into(),
            ..Default::default()
        };
        let observation =
            |response| Observation { response: Some(Ok(response)), ..Default::default() };
        let found = differences(&observation(long("a")), &observation(long("b")));
        assert_eq!(found.len(), 1);
        let long = |end: &str| {
            let headers = http_probe::header_map([("a", "x".repeat(500) + end)]).unwrap();
            http_probe::Response { headers, ..Default::default() }
        };
        let found = differences(&observation(long("a")), &observation(long("b")));
        assert_eq!(found.len(), 1);
    }
}
