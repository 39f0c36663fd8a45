//! Plays one combination on the model, and tells in the table's words what came of it: by playing
//! the same exchange with and without the call.

use std::collections::BTreeMap;

use super::*;

/// One combination.
pub(super) struct Case {
    pub(super) function: Function,
    pub(super) kind: &'static str,
    pub(super) phase: Phase,
    pub(super) features: Features,
    pub(super) profile: Profile,
    pub(super) class: &'static str,
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { function, kind, phase, features, profile, class } = self;
        write!(f, "{function} ({kind}, {class}) in {phase} with {features} on {profile}")
    }
}

/// What can be seen of an exchange.
type State = BTreeMap<String, String>;

const FILL: u8 = b'#';

fn headers(sent: [(&str, &str); 1]) -> Headers {
    sent.into_iter().collect()
}

fn sent() -> Request {
    Request {
        method: "POST".to_owned(),
        uri: "/p?q".to_owned(),
        headers: [("host", "h"), ("x-a", "1")].into_iter().collect(),
        body: b"body".to_vec(),
        chunked: true,
        trailers: headers([("x-t", "1")]),
        source_addr: "1.2.3.4:5678".to_owned(),
        ..Request::default()
    }
}

fn answered() -> Response {
    Response {
        status: 404,
        headers: headers([("x-a", "2")]),
        body: b"hello".to_vec(),
        chunked: true,
        trailers: headers([("x-t", "2")]),
    }
}

impl Case {
    /// What the call does, for each set of arguments that the class stands for.
    pub(super) fn play(&self) -> Vec<String> {
        let before = self.observed(None).1;
        let calls = self.arguments().into_iter();
        calls
            .map(|arguments| {
                let (result, after) = self.observed(Some(&arguments));
                let mut parts: Vec<_> = result.into_iter().collect();
                parts.extend(changes(&before, &after));
                if parts.is_empty() { "-".to_owned() } else { parts.join("; ") }
            })
            .collect()
    }

    fn hand(&self) -> Hand {
        let settings = InstanceSettings {
            settings: Settings {
                profile: self.profile,
                record_calls: true,
                ..Settings::with_config("conf")
            },
            test: TestSettings::default(),
            features: self.features,
        };
        let mut hand = Hand::over(match self.phase {
            Phase::Init => Exchange::new(settings),
            _ => Exchange::for_request(settings, sent()),
        });
        if self.phase == Phase::Response {
            hand.exchange.forward().expect("it goes on");
            hand.exchange.answer(Ok(answered()));
        }
        hand.memory.fill(FILL);
        hand
    }

    /// The result of the call, where there is one, and what there is afterwards.
    fn observed(&self, arguments: Option<&Vec<Argument>>) -> (Option<String>, State) {
        let mut hand = self.hand();
        let result = arguments.and_then(|arguments| self.call(&mut hand, arguments));
        let mut state = State::new();
        state.insert("features".to_owned(), hand.exchange.features().bits().to_string());
        if let Some(log) = hand.exchange.logs().last() {
            let message = log.message.escape_default();
            state.insert("log".to_owned(), format!("{}:{message}", log.level));
        }
        match self.phase {
            Phase::Init => return (result, state),
            Phase::Request => {
                // The call is made again, because going on and stopping are two ends.
                let mut other = self.hand();
                if let Some(arguments) = arguments {
                    self.call(&mut other, arguments);
                }
                match other.exchange.forward() {
                    Some(request) => show_request(&mut state, &request),
                    None => drop(state.insert("rq".to_owned(), "none".to_owned())),
                }
            }
            Phase::Response => show_request(&mut state, &read_back(&mut hand)),
        }
        match hand.exchange.finish() {
            Some(response) => {
                state.insert("cl.status".to_owned(), response.status.to_string());
                state.insert("cl.body".to_owned(), response.body.escape_ascii().to_string());
                show_headers(&mut state, "cl.", &response.headers);
                show_headers(&mut state, "cl.t.", &response.trailers);
            }
            None => drop(state.insert("cl".to_owned(), "broken".to_owned())),
        }
        (result, state)
    }

    fn call(&self, hand: &mut Hand, arguments: &[Argument]) -> Option<String> {
        let mut expected = hand.memory.clone();
        let values: Vec<u64> = arguments
            .iter()
            .flat_map(|argument| match *argument {
                Argument::Number(number) => vec![number],
                Argument::Range(ptr, len) => vec![ptr, len],
                Argument::Bytes(bytes) => {
                    let (ptr, len) = hand.put(bytes);
                    expected.copy_from_slice(&hand.memory);
                    vec![ptr, len]
                }
            })
            .collect();
        let result = match hand.call(self.function, &values) {
            Ok(result) => result,
            Err(trap) => {
                assert_eq!(hand.memory, expected, "{self}: a trap writes nothing");
                return Some(format!("!{:?}", trap.kind()).to_lowercase());
            }
        };
        let (high, low) = (result >> 32, result & u64::from(u32::MAX));
        let shown = match self.function {
            Function::GetHeaderNames | Function::GetHeaderValues => format!("{high}/{low}"),
            Function::ReadBody if high == 1 => format!("eof/{low}"),
            _ => result.to_string(),
        };
        if self.function.signature().result.is_none() {
            assert_eq!(result, 0, "{self}: there is no result");
            assert_eq!(hand.memory, expected, "{self}: there is nothing to write");
            return None;
        }
        if hand.memory == expected {
            return Some(shown);
        }
        let written = hand.memory[BUFFER..BUFFER + low as usize].to_vec();
        expected[BUFFER..BUFFER + written.len()].copy_from_slice(&written);
        assert_eq!(hand.memory, expected, "{self}: it writes only what its result says");
        Some(format!("{shown}:{}", written.escape_ascii()))
    }
}

/// An argument, or a pointer and a length.
#[derive(Clone, Copy)]
enum Argument {
    Number(u64),
    Range(u64, u64),
    /// A range that holds this.
    Bytes(&'static [u8]),
}

const EMPTY: Argument = Argument::Range(u32::MAX as u64, 0);
/// Ranges that are not all memory: across its end, behind it, and as far as can be.
const OUTSIDE: [Argument; 3] = [
    Argument::Range(SIZE as u64 - 1, 100),
    Argument::Range(SIZE as u64, 1000),
    Argument::Range(u32::MAX as u64, 100),
];

impl Case {
    fn arguments(&self) -> Vec<Vec<Argument>> {
        use Argument::{Bytes, Number, Range};
        let name: &'static [u8] = if self.kind.ends_with("trailers") { b"x-t" } else { b"x-a" };
        let name = match self.class {
            "empty" => EMPTY,
            "bytes" => Bytes(b"\xff"),
            "bad-name" => Bytes(b"a b"),
            "absent" => Bytes(b"x-none"),
            "host" => Bytes(b"host"),
            _ => Bytes(name),
        };
        let value = match self.class {
            "zero" => EMPTY,
            "bad-value" => Bytes(b"v\nw"),
            "value-bytes" => Bytes(b"\xff"),
            _ => Bytes(b"new"),
        };
        let text: [&'static [u8]; 3] = match self.function {
            Function::SetMethod => [b"PUT", b"\xff", b"P T"],
            Function::SetUri => [b"/n?m", b"/\xff", b"n"],
            _ => [b"hello", b"\xff", b""],
        };
        let text = match self.class {
            "zero" => EMPTY,
            "bytes" => Bytes(text[1]),
            "invalid" => Bytes(text[2]),
            _ => Bytes(text[0]),
        };
        let buffer = match (self.class, self.function) {
            ("small", Function::ReadBody) => Range(BUFFER as u64, 2),
            ("small", _) => Range(BUFFER as u64, 1),
            ("zero", _) => EMPTY,
            ("exact", _) if self.kind == "response" => Range(BUFFER as u64, 5),
            ("exact", _) => Range(BUFFER as u64, 4),
            _ => Range(BUFFER as u64, 100),
        };
        let number = |fits: u64, unknown: u64| match self.class {
            "zero" => Number(0),
            "none" => Number(3),
            "low" => Number(99),
            "high" => Number(1000),
            "interim" => Number(103),
            "unknown" => Number(unknown),
            _ => Number(fits),
        };
        let parts: Vec<Argument> = match self.function {
            Function::EnableFeatures => vec![number(2, 8)],
            Function::LogEnabled => vec![number(0, 7)],
            Function::Log => vec![number(0, 7), text],
            Function::SetMethod | Function::SetUri => vec![text],
            Function::GetHeaderValues => vec![name, buffer],
            Function::SetHeaderValue | Function::AddHeaderValue => vec![name, value],
            Function::RemoveHeader => vec![name],
            Function::WriteBody => vec![value],
            Function::GetStatusCode => vec![],
            Function::SetStatusCode => vec![number(418, 0)],
            _ => vec![buffer],
        };
        let mut sets = vec![parts];
        // The name is the first range, what is outside otherwise is the last.
        if let Some(first) =
            ["outside", "name-outside"].iter().position(|class| *class == self.class)
        {
            let place = if first == 1 { 0 } else { sets[0].len() - 1 };
            sets = OUTSIDE
                .iter()
                .map(|&outside| {
                    let mut set = sets[0].clone();
                    set[place] = outside;
                    set
                })
                .collect();
        }
        let kinds: &[u64] = match self.kind {
            "request" => &[0],
            "response" => &[1],
            "request-trailers" => &[2],
            "response-trailers" => &[3],
            "unknown" if matches!(self.function, Function::ReadBody | Function::WriteBody) => {
                &[2, 3, u32::MAX as u64]
            }
            "unknown" => &[4, 5, u32::MAX as u64],
            _ => return sets,
        };
        let with_kinds = kinds.iter().flat_map(|&kind| {
            sets.iter().map(move |set| [&[Number(kind)], set.as_slice()].concat())
        });
        with_kinds.collect()
    }
}

/// The request as getters show it.
fn read_back(hand: &mut Hand) -> Request {
    let mut map = |kind| -> Headers {
        // Where trailers cannot be read there are none to see.
        let names = hand.names(kind).unwrap_or_default();
        let mut map = Headers::new();
        for name in names {
            let (ptr, len) = hand.put(name.as_bytes());
            let args = [kind as u64, ptr, len, BUFFER as u64, 1024];
            let result =
                CountLen::from_bits(hand.call(Function::GetHeaderValues, &args).expect("no trap"));
            let bytes = hand.memory[BUFFER..BUFFER + result.len() as usize].to_vec();
            for value in bytes.split_inclusive(|&byte| byte == 0) {
                map.append(&name, &value[..value.len() - 1]);
            }
        }
        map
    };
    let (headers, trailers) = (map(HeaderKind::Request), map(HeaderKind::RequestTrailers));
    let (method, uri) = (hand.text(Function::GetMethod), hand.text(Function::GetUri));
    let (method, uri) = (method.expect("no trap"), uri.expect("no trap"));
    Request { method, uri, headers, trailers, ..Request::default() }
}

fn show_request(state: &mut State, request: &Request) {
    state.insert("rq.method".to_owned(), request.method.escape_default().to_string());
    state.insert("rq.uri".to_owned(), request.uri.escape_default().to_string());
    state.insert("rq.body".to_owned(), request.body.escape_ascii().to_string());
    show_headers(state, "rq.", &request.headers);
    show_headers(state, "rq.t.", &request.trailers);
}

fn show_headers(state: &mut State, side: &str, headers: &Headers) {
    for name in headers.names() {
        let values: Vec<_> =
            headers.get(name).iter().map(|value| value.escape_ascii().to_string()).collect();
        state.insert(format!("{side}{}", name.escape_default()), values.join(","));
    }
}

/// What the call changed.
fn changes(before: &State, after: &State) -> Vec<String> {
    let no_request = after.contains_key("rq");
    let no_response = after.contains_key("cl");
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let mut changes: Vec<_> = names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .filter(|name| !(no_request && name.starts_with("rq.")))
        .filter(|name| !(no_response && name.starts_with("cl.")))
        .map(|name| match after.get(name) {
            Some(value) => format!("{name}={value}"),
            None => format!("{name} gone"),
        })
        .collect();
    changes.sort_unstable();
    changes
}
