//! The model: one exchange of a request for a response, as a guest sees it through the ABI.
//!
//! What a guest can do is an operation in Rust types, such as `set_header`, which checks phase and
//! profile; [`Exchange::call`] decodes the calls of the ABI into these. Everything else is for the host.
//! It moves an exchange along: [`Exchange::new`] for initialisation, [`Exchange::for_request`] before
//! `handle_request`, then [`Exchange::forward`] and [`Exchange::answer`] around the next handler, and
//! [`Exchange::finish`] for what the client gets. The test kit's driver does just that.
//!
//! Bodies are whole there. A host that streams them begins with [`Exchange::for_request_head`] and
//! [`Exchange::answer_head`], and [feeds](Exchange::feed) of a body what a call [needs](Exchange::needs);
//! what never arrived passes the guest by.

mod body;
mod body_demand;
mod body_readers;
mod checks;
mod clock;
mod finish;
mod forward;
mod framing;
mod header_cache;
mod header_calls;
mod header_map;
mod incoming_body;
mod instance_calls;
mod lifecycle;
mod limits;
mod message;
mod request_line;
mod response_state;
mod set_headers;
mod settings;
#[cfg(test)]
mod tests;
mod validate;

use std::sync::Arc;

use http_wasm_abi::{Features, Function, LogLevel, Phase};

use crate::memory::Outside;
use crate::profile::Rules;
use incoming_body::Incoming;

pub use crate::memory::{LinearMemory, Memory};
pub use crate::trap::{Problem, Trap, TrapKind};
pub use finish::{Finished, Rest};
pub use forward::{Forwarded, Outgoing};
pub use framing::Framing;
pub use header_map::Headers;
pub use lifecycle::NextError;
pub use limits::Limits;
pub use message::{Request, Response};
pub use response_state::{HeaderClash, failed_next_status};
pub use set_headers::SetHeaders;
pub use settings::{InstanceSettings, Settings, TestSettings};
pub(crate) use validate::show;

/// A message that the guest logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// How urgent it is.
    pub level: LogLevel,
    /// The text; bytes that are not UTF-8 are replaced.
    pub message: String,
}

/// A call of a host function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCall {
    /// When it was made.
    pub phase: Phase,
    /// What was called.
    pub function: Function,
    /// The arguments, as a reader wants to see them: texts instead of pointers.
    pub arguments: String,
    /// What came out: the value instead of its length, `trap: ...`, or nothing.
    pub result: String,
}

impl std::fmt::Display for HostCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}({})", self.function, self.arguments)?;
        if self.result.is_empty() { Ok(()) } else { write!(f, " = {}", self.result) }
    }
}

/// One request and its response, or the initialisation of an instance.
#[derive(Clone, Debug)]
pub struct Exchange {
    settings: Arc<InstanceSettings>,
    phase: Phase,
    /// What is enabled for this exchange: what initialisation enabled, and more.
    features: Features,
    request: Request,
    /// The URI as the client sent it, once the guest has set another.
    sent_uri: Option<String>,
    /// The length of the request's body, where the client said it or all has arrived.
    sent_length: Option<u64>,
    /// Where the request's body ends as the client said it, once the guest has said otherwise.
    sent_framing: Option<Box<Framing>>,
    /// How many bytes of header names and values the guest has written.
    header_bytes: usize,
    header_cache: header_cache::HeaderCache,
    /// The client asked with HEAD, whatever the guest has made of it.
    head_request: bool,
    request_body: body::RequestBody,
    response: response_state::ResponseState,
    /// Where the next size of [`Settings::read_sizes`] is found.
    reads: usize,
    /// How often the configuration was asked for.
    config_reads: usize,
    /// Of the last random number, once there was one.
    random_state: Option<u64>,
    logs: instance_calls::Logs,
    calls: Vec<HostCall>,
    problems: Vec<Problem>,
}

impl Default for Exchange {
    fn default() -> Self {
        Self::new(InstanceSettings::default())
    }
}

impl Exchange {
    /// The initialisation of an instance: [`Phase::Init`].
    #[must_use]
    pub fn new(settings: impl Into<Arc<InstanceSettings>>) -> Self {
        Self::with(settings.into(), Phase::Init, Request::default(), Incoming::default())
    }

    fn with(
        settings: Arc<InstanceSettings>,
        phase: Phase,
        request: Request,
        incoming: Incoming,
    ) -> Self {
        Self {
            phase,
            features: settings.features,
            settings,
            sent_uri: None,
            sent_length: None,
            sent_framing: None,
            header_bytes: 0,
            header_cache: header_cache::HeaderCache::default(),
            head_request: request.method == "HEAD",
            request,
            request_body: body::RequestBody::new(incoming),
            response: response_state::ResponseState::default(),
            reads: 0,
            config_reads: 0,
            random_state: None,
            logs: instance_calls::Logs::default(),
            calls: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// How the host treats the guest.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings.settings
    }

    /// Takes out what holds for all exchanges of the instance, to carry it from initialisation to the
    /// exchanges: with the features that the guest has enabled.
    #[must_use]
    pub fn into_instance_settings(self) -> Arc<InstanceSettings> {
        self.settings
    }

    /// Where in its life the exchange is.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// What is enabled now.
    #[must_use]
    pub const fn features(&self) -> Features {
        self.features
    }

    /// The request as the guest sees it, without its body.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// The messages so far.
    #[must_use]
    pub fn logs(&self) -> &[LogEntry] {
        self.logs.entries()
    }

    /// The host calls so far, if the settings ask for them.
    #[must_use]
    pub fn calls(&self) -> &[HostCall] {
        &self.calls
    }

    pub(crate) fn record(&mut self, call: HostCall) {
        self.calls.push(call);
    }

    /// What is not portable, or has gone wrong, so far.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Writes a message that did not come through `log`, such as a line on the guest's stderr.
    pub fn host_log(&mut self, level: LogLevel, message: impl Into<String>) {
        if level >= self.settings().log_threshold {
            self.logs
                .push(LogEntry { level, message: message.into() }, &self.settings.settings.limits);
        }
    }

    /// Whether there is anything that [`Self::take_records`] would give.
    pub fn has_records(&self) -> bool {
        !self.logs.is_empty() || !self.calls.is_empty() || !self.problems.is_empty()
    }

    /// Takes the messages, the host calls and the problems so far.
    pub fn take_records(&mut self) -> (Vec<LogEntry>, Vec<HostCall>, Vec<Problem>) {
        (self.logs.take(), std::mem::take(&mut self.calls), std::mem::take(&mut self.problems))
    }

    fn rules(&self) -> &'static Rules {
        self.settings().profile.rules()
    }

    /// The features that decide about buffering on this host.
    fn buffering(&self) -> Features {
        if self.rules().buffering_from_start_only { self.settings.features } else { self.features }
    }

    /// Whether the response is held for the guest, which can then read and change it.
    #[must_use]
    pub fn buffers_response(&self) -> bool {
        self.buffering().contains(Features::BUFFER_RESPONSE)
    }

    fn buffers_request(&self) -> bool {
        self.buffering().contains(Features::BUFFER_REQUEST)
    }

    fn problem(&mut self, function: Option<Function>, message: impl Into<String>) {
        let (phase, message) = (self.phase, message.into());
        self.push_problem(Problem { phase, function, message, is_harmless: false });
    }

    /// Reports what was of no use, and of no harm on any host.
    fn harmless_problem(&mut self, message: String) {
        let phase = self.phase;
        self.push_problem(Problem { phase, function: None, message, is_harmless: true });
    }

    fn push_problem(&mut self, problem: Problem) {
        // A guest in a loop has the same problem again and again.
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}
