//! A second reading of the ABI's pages: plain lists, no traits, no code of the host.
//!
//! A call gives a result, or every fault that a host could name for it, whichever it meets first.

mod bodies;
mod ends;
mod headers;
mod rules;
mod uri;

use http_wasm_abi::{Function, LogLevel, Phase};
use http_wasm_model::Profile;
use http_wasm_model::exchange::TrapKind;

use rules::{check, level, list, lossy, lower, no, or_slash, range, refuse, store, token};

pub type List = Vec<(String, Vec<u8>)>;

const BUFFER_REQUEST: u32 = 1;
const BUFFER_RESPONSE: u32 = 2;
const TRAILERS: u32 = 4;

/// A request or a response.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    pub method: String,
    pub uri: String,
    pub status: u32,
    pub headers: List,
    pub body: Vec<u8>,
    pub trailers: List,
    pub chunked: bool,
}

/// Whose body the guest's reads of the request take from: settled by the first of them.
#[derive(Clone, Copy, PartialEq)]
enum From {
    Client { buffered: bool },
    Itself,
}

pub struct Oracle {
    host: Profile,
    pub phase: Phase,
    threshold: LogLevel,
    config: Vec<u8>,
    /// Enabled at the start, and enabled now.
    pub start: u32,
    on: u32,
    source_addr: String,
    /// As the client sent it, and as the guest made it.
    client: Message,
    request: Message,
    from: Option<From>,
    taken: usize,
    taken_back: usize,
    last_chunk: Vec<u8>,
    written: Option<Vec<u8>>,
    response: Message,
    status: Option<u32>,
    sent: Option<(u32, List)>,
    theirs: List,
    wrote: bool,
    reader: Option<(Vec<u8>, usize)>,
    pub logs: Vec<(LogLevel, String)>,
}

/// What a call is refused for; none, and it is done.
type Faults = Vec<TrapKind>;

impl Oracle {
    pub fn new(host: Profile, threshold: LogLevel, config: &[u8], start: u32) -> Self {
        Self {
            host,
            phase: Phase::Init,
            threshold,
            config: config.to_vec(),
            start,
            on: start,
            source_addr: String::new(),
            client: Message::default(),
            request: Message::default(),
            from: None,
            taken: 0,
            taken_back: 0,
            last_chunk: Vec::new(),
            written: None,
            response: Message::default(),
            status: None,
            sent: None,
            theirs: Vec::new(),
            wrote: false,
            reader: None,
            logs: Vec::new(),
        }
    }

    fn strict(&self) -> bool {
        self.host == Profile::Strict
    }

    fn go(&self) -> bool {
        self.host == Profile::Go
    }

    fn express(&self) -> bool {
        self.host == Profile::Express
    }

    /// Express buffers only what was asked for at the start.
    fn buffers(&self, side: u32) -> bool {
        (if self.express() { self.start } else { self.on }) & side != 0
    }

    /// Request fields are the guest's to change only before the next handler; Express does not ask.
    fn too_late(&self) -> bool {
        self.phase == Phase::Init || self.phase == Phase::Response && !self.express()
    }

    pub fn call(
        &mut self,
        function: Function,
        args: &[u32],
        memory: &mut [u8],
    ) -> Result<u64, Faults> {
        use Function as F;
        let arg = |index: usize| args[index];
        match function {
            F::EnableFeatures => {
                refuse(self.strict() && self.phase == Phase::Response, TrapKind::Phase)?;
                self.on = if self.express() { arg(0) } else { self.on | arg(0) };
                if self.phase == Phase::Init {
                    self.start = self.on;
                }
                Ok(self.on.into())
            }
            F::GetConfig => self.value(&self.config, arg(0), arg(1), memory, false),
            F::LogEnabled => {
                refuse(self.strict() && level(arg(0)).is_none(), TrapKind::Number)?;
                Ok(self.would_log(arg(0)).is_some().into())
            }
            F::Log => self.log(arg(0), range(memory, arg(1), arg(2))),
            F::GetMethod => {
                self.value(self.request.method.as_bytes(), arg(0), arg(1), memory, true)
            }
            F::GetUri => {
                self.value(or_slash(&self.request.uri).as_bytes(), arg(0), arg(1), memory, true)
            }
            F::GetProtocolVersion => self.value(b"HTTP/1.1", arg(0), arg(1), memory, true),
            F::GetSourceAddr => {
                refuse(self.express(), TrapKind::Missing)?;
                self.value(self.source_addr.as_bytes(), arg(0), arg(1), memory, true)
            }
            F::SetMethod => self.set_method(range(memory, arg(0), arg(1))),
            F::SetUri => self.set_uri(range(memory, arg(0), arg(1))),
            F::GetHeaderNames => {
                self.can_read_headers(arg(0))?;
                if self.has_no_trailers(arg(0)) {
                    return list(&[], arg(1), arg(2), memory);
                }
                let map = self.map(arg(0));
                let mut names: Vec<_> = map.iter().map(|pair| pair.0.clone()).collect();
                names.sort();
                names.dedup();
                let names: Vec<_> = names.iter().map(|name| lower(name).into_bytes()).collect();
                list(&names, arg(1), arg(2), memory)
            }
            F::GetHeaderValues => {
                let mut faults = self.can_read_headers(arg(0)).err().unwrap_or_default();
                let name = self.name(memory, arg(1), arg(2), &mut faults);
                no(faults)?;
                if self.has_no_trailers(arg(0)) {
                    return list(&[], arg(3), arg(4), memory);
                }
                let own_case = self.go() && arg(0) >= 2;
                let name = if own_case { name } else { lower(&name) };
                let found = self.map(arg(0)).iter().filter(|pair| pair.0 == name);
                let values: Vec<_> = found.map(|pair| pair.1.clone()).collect();
                list(&values, arg(3), arg(4), memory)
            }
            F::SetHeaderValue | F::AddHeaderValue => {
                let value = Some((arg(3), arg(4)));
                self.change(function == F::AddHeaderValue, arg(0), (arg(1), arg(2)), value, memory)
            }
            F::RemoveHeader => self.change(false, arg(0), (arg(1), arg(2)), None, memory),
            F::ReadBody if arg(0) == 0 => self.read_request(arg(1), arg(2), memory),
            F::ReadBody => self.read_response(arg(0), arg(1), arg(2), memory),
            F::WriteBody => self.write(arg(0), range(memory, arg(1), arg(2))),
            F::GetStatusCode => {
                let closed = !self.buffers(BUFFER_RESPONSE) && !self.express();
                refuse(self.phase == Phase::Init || closed, TrapKind::Phase)?;
                let status = self.status.unwrap_or(200);
                Ok(if status == 0 && !self.express() { 200 } else { status.into() })
            }
            F::SetStatusCode => self.set_status(arg(0)),
        }
    }

    fn would_log(&self, number: u32) -> Option<LogLevel> {
        level(number).filter(|&level| level >= self.threshold && level != LogLevel::None)
    }

    fn log(&mut self, number: u32, message: Option<Vec<u8>>) -> Result<u64, Faults> {
        let write = self.would_log(number);
        if write.is_none() && !self.strict() {
            return Ok(0);
        }
        let is_text = |message: &Vec<u8>| std::str::from_utf8(message).is_ok();
        check([
            (level(number).is_none(), TrapKind::Number),
            (message.is_none(), TrapKind::Memory),
            (self.strict() && !message.as_ref().is_none_or(is_text), TrapKind::Value),
        ])?;
        if let (Some(level), Some(message)) = (write, message) {
            self.logs.push((level, lossy(&message)));
        }
        Ok(0)
    }

    /// The length rule for one value.
    fn value(
        &self,
        value: &[u8],
        at: u32,
        limit: u32,
        memory: &mut [u8],
        of_request: bool,
    ) -> Result<u64, Faults> {
        refuse(of_request && self.phase == Phase::Init, TrapKind::Phase)?;
        let fits = value.len() <= limit as usize;
        refuse(fits && !store(memory, at, value) && !self.go(), TrapKind::Memory)?;
        Ok(value.len() as u64)
    }

    fn set_method(&mut self, method: Option<Vec<u8>>) -> Result<u64, Faults> {
        let wrong = |method: &Vec<u8>| match self.host {
            Profile::Strict => !token(method),
            Profile::Go => method.is_empty(),
            Profile::Express => false,
        };
        check([
            (self.too_late(), TrapKind::Phase),
            (method.is_none(), TrapKind::Memory),
            (method.as_ref().is_some_and(wrong), TrapKind::Value),
        ])?;
        self.request.method = lossy(&method.unwrap_or_default());
        Ok(0)
    }

    fn set_uri(&mut self, uri: Option<Vec<u8>>) -> Result<u64, Faults> {
        let sent = self.strict().then_some(self.client.uri.as_bytes());
        let new = uri.as_ref().map(|uri| match self.host {
            Profile::Express => Some(lossy(uri)),
            Profile::Strict | Profile::Go => uri::normal(uri, sent),
        });
        check([
            (self.too_late(), TrapKind::Phase),
            (uri.is_none(), TrapKind::Memory),
            (new == Some(None), TrapKind::Value),
        ])?;
        self.request.uri = new.flatten().unwrap_or_default();
        Ok(0)
    }
}
