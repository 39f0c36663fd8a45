//! The model, function by function and phase by phase, in each profile.

mod bodies;
mod flow;
mod headers;
mod hosts;
mod instance;
mod memory;
mod phases;
mod table;
mod uri;

use http_wasm_abi::{BodyKind, CountLen, CtxNext, EofLen, Features, Function, HeaderKind, Phase};

use super::*;
use crate::profile::Profile;

/// A guest that a test plays by hand.
struct Hand {
    exchange: Exchange,
    memory: Vec<u8>,
    /// Where the next argument is put.
    free: usize,
}

const BUFFER: usize = 32_768;
const SIZE: usize = 65_536;

fn settings(profile: Profile) -> Settings {
    Settings { profile, record_calls: true, ..Settings::default() }
}

fn with_features(profile: Profile, features: Features) -> InstanceSettings {
    InstanceSettings { features, ..settings(profile).into() }
}

impl Hand {
    fn over(exchange: Exchange) -> Self {
        Self { exchange, memory: vec![0; SIZE], free: 8 }
    }

    /// In `handle_request`, with a plain GET.
    fn request(profile: Profile) -> Self {
        Self::over(Exchange::for_request(settings(profile), Request::default()))
    }

    /// In `handle_request`, with a body of known length.
    fn with_body(settings: impl Into<Arc<InstanceSettings>>, body: &[u8]) -> Self {
        let request =
            Request { method: "POST".to_owned(), body: body.to_vec(), ..Request::default() };
        Self::over(Exchange::for_request(settings, request))
    }

    /// In `handle_response`, after a next handler that answered `hello`.
    fn response(settings: impl Into<Arc<InstanceSettings>>) -> Self {
        let mut hand = Self::over(Exchange::for_request(settings, Request::default()));
        hand.answer(hello());
        hand
    }

    fn answer(&mut self, response: Response) -> Option<Request> {
        let request = self.exchange.forward();
        self.exchange.answer(Ok(response));
        request
    }

    fn call(&mut self, function: Function, args: &[u64]) -> Result<u64, Trap> {
        self.exchange.call(function, args, &mut LinearMemory(&mut self.memory))
    }

    /// Puts bytes into the guest's memory.
    fn put(&mut self, bytes: &[u8]) -> (u64, u64) {
        let start = self.free;
        self.memory[start..start + bytes.len()].copy_from_slice(bytes);
        self.free += bytes.len();
        (start as u64, bytes.len() as u64)
    }

    /// A function that reads one value, with room enough.
    fn text(&mut self, function: Function) -> Result<String, Trap> {
        let len = self.call(function, &[BUFFER as u64, 1024])? as usize;
        Ok(String::from_utf8_lossy(&self.memory[BUFFER..BUFFER + len]).into_owned())
    }

    /// A function that takes one text.
    fn give(&mut self, function: Function, text: &str) -> Result<u64, Trap> {
        let (ptr, len) = self.put(text.as_bytes());
        self.call(function, &[ptr, len])
    }

    fn list(&self, result: u64) -> Vec<String> {
        let result = CountLen::from_bits(result);
        let bytes = &self.memory[BUFFER..BUFFER + result.len() as usize];
        let list: Vec<_> = bytes
            .split_inclusive(|&byte| byte == 0)
            .map(|item| String::from_utf8_lossy(&item[..item.len() - 1]).into_owned())
            .collect();
        assert_eq!(list.len(), result.count() as usize);
        list
    }

    fn names(&mut self, kind: HeaderKind) -> Result<Vec<String>, Trap> {
        let args = [kind as u64, BUFFER as u64, 1024];
        let result = self.call(Function::GetHeaderNames, &args)?;
        Ok(self.list(result))
    }

    fn values(&mut self, kind: HeaderKind, name: &str) -> Result<Vec<String>, Trap> {
        let (ptr, len) = self.put(name.as_bytes());
        let args = [kind as u64, ptr, len, BUFFER as u64, 1024];
        let result = self.call(Function::GetHeaderValues, &args)?;
        Ok(self.list(result))
    }

    fn header(
        &mut self,
        function: Function,
        kind: HeaderKind,
        name: &str,
        value: &str,
    ) -> Result<u64, Trap> {
        let (name, name_len) = self.put(name.as_bytes());
        let (value, value_len) = self.put(value.as_bytes());
        self.call(function, &[kind as u64, name, name_len, value, value_len])
    }

    fn set(&mut self, kind: HeaderKind, name: &str, value: &str) -> Result<u64, Trap> {
        self.header(Function::SetHeaderValue, kind, name, value)
    }

    fn add(&mut self, kind: HeaderKind, name: &str, value: &str) -> Result<u64, Trap> {
        self.header(Function::AddHeaderValue, kind, name, value)
    }

    fn remove(&mut self, kind: HeaderKind, name: &str) -> Result<u64, Trap> {
        let (ptr, len) = self.put(name.as_bytes());
        self.call(Function::RemoveHeader, &[kind as u64, ptr, len])
    }

    fn status(&mut self, status: u32) -> Result<u64, Trap> {
        self.call(Function::SetStatusCode, &[status.into()])
    }

    /// Reads at most `limit` bytes: what came, and whether it was the end.
    fn read(&mut self, kind: BodyKind, limit: u32) -> Result<(String, bool), Trap> {
        let args = [kind as u64, BUFFER as u64, limit.into()];
        let result = EofLen::from_bits(self.call(Function::ReadBody, &args)?);
        let bytes = &self.memory[BUFFER..BUFFER + result.len() as usize];
        Ok((String::from_utf8_lossy(bytes).into_owned(), result.is_eof()))
    }

    /// The body that has to arrive before such a read.
    fn needs_for_read(&mut self, kind: BodyKind, limit: u32) -> Option<BodyKind> {
        let args = [kind as u64, BUFFER as u64, limit.into()];
        self.exchange.needs(Function::ReadBody, &args, &LinearMemory(&mut self.memory))
    }

    fn write(&mut self, kind: BodyKind, text: &str) -> Result<u64, Trap> {
        let (ptr, len) = self.put(text.as_bytes());
        self.call(Function::WriteBody, &[kind as u64, ptr, len])
    }

    /// The messages of all problems so far.
    fn problems(&self) -> Vec<String> {
        self.exchange.problems().iter().map(ToString::to_string).collect()
    }

    /// Asserts that there is one problem, and that it says this.
    #[track_caller]
    fn has_problem(&self, part: &str) {
        let problems = self.problems();
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert!(problems[0].contains(part), "{problems:#?}");
    }

    #[track_caller]
    fn has_no_problem(&self) {
        assert_eq!(self.problems(), Vec::<String>::new());
    }

    fn finish(&mut self) -> Response {
        self.exchange.finish().expect("the client gets a response")
    }
}

fn hello() -> Response {
    Response { body: b"hello".to_vec(), ..Response::default() }
}

/// Asserts that the call trapped with this kind, and that the message says this.
#[track_caller]
fn traps<T: std::fmt::Debug>(result: Result<T, Trap>, kind: TrapKind, part: &str) {
    let trap = result.expect_err("the call traps");
    assert_eq!(trap.kind(), kind, "{trap}");
    assert!(trap.message().contains(part), "{trap}");
    let function = trap.function().expect("a host function trapped");
    assert!(trap.message().starts_with(function.name()), "{trap}");
}
