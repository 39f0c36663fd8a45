//! Exchanges: whatever a guest calls, in whatever order, the model does what a second reading of the
//! ABI's pages does, on every host.
//!
//! Compared are each call's result or trap, all of the guest's memory, the log, what the next handler
//! got, and what the client got. Not compared are the texts of traps, and reported problems, which
//! are the model's own. A trap's kind has to be one that the oracle finds too.
//!
//! What `strict` neither traps on nor reports has to be the same on the Go host: no trap, the same
//! request for the next handler but for its `content-length`, and the same response, as long as the
//! guest sees the same.
//!
//! `cargo +nightly fuzz run exchange -- -runs=1000000`
#![no_main]

mod calls;
mod oracle;

use arbitrary::Arbitrary;
use http_wasm_abi::{CtxNext, Features, LogLevel, Phase};
use http_wasm_model::Profile;
use http_wasm_model::exchange::{
    Exchange, Headers, LinearMemory, LogEntry, NextError, Request, Response, Settings, Trap, InstanceSettings,
    TrapKind,
};
use http_wasm_model::guest::{self, Guest};
use http_wasm_testkit::driver;
use libfuzzer_sys::fuzz_target;

use calls::{Op, WORDS, word};
use oracle::{List, Message, Oracle};

#[derive(Arbitrary, Debug)]
struct Input {
    features: u8,
    threshold: u8,
    /// A trap ends the hook; otherwise the guest goes on as if nothing had been.
    stops: bool,
    recorded: bool,
    config: u8,
    method: u8,
    uri: u8,
    request: Parts,
    start: Vec<Op>,
    before: Vec<Op>,
    next: u8,
    ctx: u32,
    status: u8,
    response: Parts,
    fails: bool,
    after: Vec<Op>,
}

#[derive(Arbitrary, Debug)]
struct Parts {
    headers: Vec<(u8, u8)>,
    body: Vec<u8>,
    chunked: bool,
    trailers: Vec<(u8, u8)>,
}

const SOURCE: &str = "[::1]:80";

fuzz_target!(|input: Input| {
    let [strict, go, _] = Profile::ALL.map(|profile| play(&input, profile));
    for (strict, go) in strict.story.iter().zip(&go.story) {
        if strict.trapped || strict.reported {
            return;
        }
        assert!(!go.trapped, "traps on the Go host and not in strict: {input:?}");
        // What a guest does next may depend on what it saw.
        if strict.memory != go.memory {
            return;
        }
    }
    // A next handler's failure is not the guest's: hosts answer it with this status or that.
    if strict.portable && !input.fails {
        assert_eq!(strict.upstream, go.upstream, "other than on the Go host: {input:?}");
        assert_eq!(strict.client, go.client, "other than on the Go host: {input:?}");
    }
});

/// What came of an exchange.
#[derive(Default)]
struct Played {
    story: Vec<Step>,
    /// There was neither a trap nor a problem.
    portable: bool,
    /// What the next handler got, but for the length of its body.
    upstream: Option<Message>,
    client: Option<Message>,
}

/// What was after a call.
struct Step {
    memory: Vec<u8>,
    trapped: bool,
    /// There is a problem, of this call or of one before.
    reported: bool,
}

struct Script<'a> {
    input: &'a Input,
    oracle: Oracle,
    memory: Vec<u8>,
    story: Vec<Step>,
    /// What the next handler is to get.
    forwarded: Option<Message>,
}

impl Script<'_> {
    fn hook(&mut self, exchange: &mut Exchange, ops: &[Op]) -> Result<(), Trap> {
        for op in ops {
            let (function, args) = op.call(self.memory.len() as u32);
            let mut wanted_memory = self.memory.clone();
            let wanted = self.oracle.call(function, &args, &mut wanted_memory);
            let wide: Vec<u64> = args.iter().map(|&arg| arg.into()).collect();
            let found = exchange.call(function, &wide, &mut LinearMemory(&mut self.memory));
            match (&found, &wanted) {
                (Ok(found), Ok(wanted)) => assert_eq!(found, wanted, "{function}({args:?})"),
                (Err(trap), Err(faults)) => {
                    // What no limit allows lies outside of this memory too.
                    let kind = match trap.kind() {
                        TrapKind::TooLarge => TrapKind::Memory,
                        kind => kind,
                    };
                    let known = faults.contains(&kind) && trap.function() == Some(function);
                    assert!(known, "{function}({args:?}): {trap:?}, wanted one of {faults:?}");
                }
                _ => panic!("{function}({args:?}): found {found:?}, wanted {wanted:?}"),
            }
            assert!(self.memory == wanted_memory, "{function}({args:?}): the memory differs");
            self.story.push(Step {
                memory: wanted_memory,
                trapped: found.is_err(),
                reported: !exchange.problems().is_empty(),
            });
            if self.input.stops {
                found?;
            }
        }
        Ok(())
    }
}

impl Guest for Script<'_> {
    fn start(&mut self, exchange: &mut Exchange) -> Result<(), Trap> {
        self.hook(exchange, &self.input.start)
    }

    fn handle_request(&mut self, exchange: &mut Exchange) -> Result<CtxNext, Trap> {
        assert_eq!(exchange.phase(), Phase::Request);
        self.hook(exchange, &self.input.before)?;
        Ok(self.input.ctx_next())
    }

    fn handle_response(
        &mut self,
        exchange: &mut Exchange,
        req_ctx: u32,
        is_error: bool,
    ) -> Result<(), Trap> {
        assert_eq!((req_ctx, exchange.phase()), (self.input.ctx, Phase::Response));
        self.forwarded = self.oracle.forward();
        assert_eq!(is_error, self.forwarded.is_some() && self.input.fails);
        self.oracle.answer(match &self.forwarded {
            Some(_) => (!is_error).then(|| self.input.answered()),
            None => Some(Message { status: 502, ..Message::default() }),
        });
        self.hook(exchange, &self.input.after)
    }
}

impl Input {
    fn ctx_next(&self) -> CtxNext {
        let low = [1, 1, 1, 0, 0, 2, u32::MAX][usize::from(self.next) % 7];
        CtxNext::from_bits(u64::from(self.ctx) << 32 | u64::from(low))
    }

    fn sent(&self) -> Message {
        Message {
            method: ["GET", "POST", "HEAD", "X-ODD"][usize::from(self.method) % 4].to_owned(),
            uri: ["/", "/p?q=1", "", "/a|b[1]?{}", "/%2f?", "*"][usize::from(self.uri) % 6]
                .to_owned(),
            ..self.request.message()
        }
    }

    fn answered(&self) -> Message {
        let status = [200, 200, 404, 204, 304, 500, 101, 999][usize::from(self.status) % 8];
        Message { status, ..self.response.message() }
    }
}

impl Parts {
    fn message(&self) -> Message {
        Message {
            headers: pairs(&self.headers),
            body: self.body.clone(),
            trailers: pairs(&self.trailers),
            chunked: self.chunked,
            ..Message::default()
        }
    }
}

/// Headers that can be sent.
fn pairs(picks: &[(u8, u8)]) -> List {
    const NAMES: [&str; 6] = ["x-a", "x-b", "host", "content-length", "cookie", "x-A"];
    const VALUES: [&[u8]; 6] = [b"1", b"", b"two, 2", b"\xff", b"5", b"a=b; c"];
    let pick = |&(name, value): &(u8, u8)| {
        let name = NAMES[usize::from(name) % NAMES.len()];
        (name.to_ascii_lowercase(), VALUES[usize::from(value) % VALUES.len()].to_vec())
    };
    picks.iter().map(pick).collect()
}

fn headers(list: &List) -> Headers {
    list.iter().map(|(name, value)| (name.as_str(), value.clone())).collect()
}

fn sorted(mut list: List) -> List {
    list.sort_by(|one, other| one.0.cmp(&other.0));
    list
}

fn back(headers: &Headers) -> List {
    sorted(headers.iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect())
}

fn play(input: &Input, profile: Profile) -> Played {
    let threshold = LogLevel::ALL[usize::from(input.threshold) % LogLevel::ALL.len()];
    let config = word(input.config);
    let features = u32::from(input.features & 0b1111);
    let settings = Settings {
        profile,
        config: config.to_vec(),
        log_threshold: threshold,
        record_calls: input.recorded,
        ..Settings::default()
    };
    let features_before = Features::from_bits(features);
    let settings = InstanceSettings { features: features_before, ..settings.into() };
    let oracle = Oracle::new(profile, threshold, config, features);
    let mut script =
        Script { input, oracle, memory: calls::memory(), story: Vec::new(), forwarded: None };
    let started = guest::start(&mut script, settings);
    same_logs(&started.logs, &script.oracle);
    if started.trap.is_some() {
        return Played { story: script.story, ..Played::default() };
    }
    assert_eq!(started.settings.features.bits(), script.oracle.start);

    let sent = input.sent();
    script.oracle.receive(sent.clone(), SOURCE);
    let request = Request {
        method: sent.method,
        uri: sent.uri,
        headers: headers(&sent.headers),
        body: sent.body,
        chunked: sent.chunked,
        trailers: headers(&sent.trailers),
        source_addr: SOURCE.to_owned(),
        ..Request::default()
    };
    let mut next = |_: &Request| {
        if input.fails {
            return Err(NextError("failed".to_owned()));
        }
        let answered = input.answered();
        Ok(Response {
            status: answered.status as u16,
            headers: headers(&answered.headers),
            body: answered.body,
            chunked: answered.chunked,
            trailers: headers(&answered.trailers),
        })
    };
    let outcome = driver::run(&mut script, &started.settings, request, &mut next);
    same_logs(&outcome.logs, &script.oracle);
    let Script { mut oracle, story, forwarded, .. } = script;

    let found = outcome.upstream.map(|request| Message {
        method: request.method,
        uri: request.uri,
        headers: back(&request.headers),
        body: request.body,
        trailers: back(&request.trailers),
        chunked: request.chunked,
        status: 0,
    });
    let wanted = forwarded.map(|message| Message {
        headers: sorted(message.headers),
        trailers: sorted(message.trailers),
        ..message
    });
    assert_eq!(found, wanted, "what the next handler got on {profile}");
    let upstream = found.map(|mut request| {
        request.headers.retain(|pair| pair.0 != "content-length");
        request
    });

    let ctx_next = input.ctx_next();
    let traps = input.stops && story.last().is_some_and(|last| last.trapped);
    let is_odd = profile == Profile::Strict && !ctx_next.is_valid();
    assert_eq!(outcome.trap.is_some(), traps || is_odd, "{:?}", outcome.trap);
    let went_on = ctx_next.is_next() && !is_odd;
    assert!(oracle.phase == Phase::Request || went_on, "the response hook was not asked for");
    assert!(oracle.phase == Phase::Response || !went_on || traps, "it was asked for");
    let found = outcome.response.map(|response| Message {
        status: response.status.into(),
        headers: back(&response.headers),
        body: response.body,
        trailers: back(&response.trailers),
        ..Message::default()
    });
    let client = found.clone().map(|mut response| {
        // Spaces around a value are not part of it, and the wire loses them.
        for (_, value) in response.headers.iter_mut().chain(&mut response.trailers) {
            *value = value.trim_ascii().to_vec();
        }
        response
    });
    let refused = oracle.phase == Phase::Request && outcome.trap.is_some();
    if refused && !oracle.go_has_sent() {
        assert_eq!(found.map(|response| response.status), Some(500));
    } else if outcome.trap.is_some() && !refused {
        assert_eq!(found, None, "a trap in the response hook breaks the connection");
    } else {
        let wanted = oracle.finish().map(|message| Message {
            status: message.status,
            headers: sorted(message.headers),
            body: message.body,
            trailers: sorted(message.trailers),
            ..Message::default()
        });
        assert_eq!(found, wanted, "what the client got on {profile}");
    }
    let portable = outcome.trap.is_none() && outcome.problems.is_empty();
    Played { story, portable, upstream, client }
}

fn same_logs(found: &[LogEntry], oracle: &Oracle) {
    let found: Vec<_> = found.iter().map(|log| (log.level, log.message.clone())).collect();
    assert_eq!(found, oracle.logs);
}

const _: () = assert!(WORDS.len() < 256);
