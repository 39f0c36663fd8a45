//! Headers, trailers and the status code.

use http_wasm_abi::{Features, Function, HeaderKind, Phase};

use super::call::{Call, List};
use super::fields::Write;
use super::{Exchange, Framing, Headers, Memory, Trap, TrapKind, value};

const HOST: &str = "host";

impl Exchange {
    /// Writes a header about which there is nothing to be said, as most are, and tells whether it was
    /// one; all others take the long way.
    #[inline]
    pub(super) fn write_plain_header(
        &mut self,
        function: Function,
        args: &[u64],
        memory: &dyn Memory,
    ) -> bool {
        let (&[kind, name, name_len, value, value_len], false) = (args, self.settings.record_calls)
        else {
            return false;
        };
        let (is_response, is_open) = match HeaderKind::from_bits(kind as u32) {
            Some(HeaderKind::Request) => (false, true),
            Some(HeaderKind::Response) => (true, self.response.head.is_none()),
            _ => return false,
        };
        if !is_open || !self.allows(function, is_response) {
            return false;
        }
        let map = if is_response { &mut self.response.headers } else { &mut self.request.headers };
        let (Some(name), Some(value)) =
            (memory.read(name, name_len as u32), memory.read(value, value_len as u32))
        else {
            return false;
        };
        let written = self.header_bytes.saturating_add(name.len()).saturating_add(value.len());
        let limits = &self.settings.limits;
        if map.count() >= limits.header_count
            || written > limits.header_bytes
            || !is_response && (name == HOST.as_bytes() || Framing::has(name))
        {
            return false;
        }
        let how = match function {
            Function::AddHeaderValue => Write::Append,
            _ => Write::Insert,
        };
        let is_written = match self.recent.again(name, value) {
            Some(header) => map.write_copy(header, how),
            None => {
                self.recent.other(name, value).and_then(|(name, value)| map.write(name, value, how))
            }
        };
        if is_written.is_some() {
            self.header_bytes = written;
        }
        is_written.is_some()
    }
}

impl Call<'_> {
    pub(super) fn get_header_names(
        &mut self,
        kind: u32,
        buf: u64,
        limit: u32,
    ) -> Result<u64, Trap> {
        let kind = self.begin(kind)?;
        if self.lacks_trailers(kind) {
            return self.give_list(buf, limit, List::of(std::iter::empty()));
        }
        self.report_hidden_trailers(kind);
        let list = List::of(self.map(kind).sorted_names().into_iter().map(str::as_bytes));
        // Names that the guest has written may be in upper case; hosts list them in lower case.
        self.give_list(buf, limit, list.lower())
    }

    pub(super) fn get_header_values(
        &mut self,
        kind: u32,
        name: (u64, u32),
        buf: u64,
        limit: u32,
    ) -> Result<u64, Trap> {
        let kind = self.begin(kind)?;
        let name = self.name(name)?;
        if self.lacks_trailers(kind) {
            return self.give_list(buf, limit, List::of(std::iter::empty()));
        }
        self.report_hidden_trailers(kind);
        // Lower case is what every host looks up for a name that it was sent.
        let map = self.map(kind);
        let exact = kind.is_trailers() && self.exchange.rules().one_trailer_map;
        let list = if exact {
            List::of(map.get_exact(&name).iter().map(Vec::as_slice))
        } else {
            List::of(map.values(&name.to_ascii_lowercase()).into_iter())
        };
        self.give_list(buf, limit, list)
    }

    pub(super) fn set_header_value(
        &mut self,
        kind: u32,
        name: (u64, u32),
        value: (u64, u32),
    ) -> Result<u64, Trap> {
        self.change(kind, name, Some(value), Write::Insert)
    }

    pub(super) fn add_header_value(
        &mut self,
        kind: u32,
        name: (u64, u32),
        value: (u64, u32),
    ) -> Result<u64, Trap> {
        let replaces = self.exchange.rules().one_trailer_map
            && HeaderKind::from_bits(kind).is_some_and(HeaderKind::is_trailers);
        self.change(kind, name, Some(value), if replaces { Write::Insert } else { Write::Append })
    }

    pub(super) fn remove_header(&mut self, kind: u32, name: (u64, u32)) -> Result<u64, Trap> {
        self.change(kind, name, None, Write::Insert)
    }

    /// What all header functions begin with.
    fn begin(&mut self, kind: u32) -> Result<HeaderKind, Trap> {
        let kind = self.header_kind(kind)?;
        self.check_phase(kind.is_response())?;
        if kind == HeaderKind::ResponseTrailers
            && self.exchange.rules().response_trailers_need_buffering
            && !self.exchange.buffers_response()
        {
            let message = "called for response trailers without response buffering; enable the feature buffer_response during initialisation";
            return Err(self.trap(TrapKind::Phase, message));
        }
        Ok(kind)
    }

    /// Whether trailers are asked for that are not there, since the feature is not enabled.
    fn needs_trailers(&self, kind: HeaderKind) -> bool {
        kind.is_trailers()
            && !self.exchange.features.contains(Features::TRAILERS)
            && self.exchange.rules().trailers_need_feature
    }

    /// The same for reading, which finds none then.
    fn lacks_trailers(&mut self, kind: HeaderKind) -> bool {
        let lacks = self.needs_trailers(kind);
        if lacks {
            self.report(format!(
                "{kind}s were read without the feature {}: some hosts show them, others none; enable it first, at initialisation or in handle_request",
                Features::TRAILERS
            ));
        }
        lacks
    }

    fn name(&mut self, range: (u64, u32)) -> Result<String, Trap> {
        let name = self.read_text("name", range)?;
        if name.is_empty() {
            return Err(self.trap(TrapKind::Name, "found an empty header name, wanted a token"));
        }
        Ok(name)
    }

    /// Writes a header, or removes it where there is no value.
    fn change(
        &mut self,
        kind: u32,
        name: (u64, u32),
        value: Option<(u64, u32)>,
        how: Write,
    ) -> Result<u64, Trap> {
        let kind = self.begin(kind)?;
        if self.needs_trailers(kind) {
            let message = format!(
                "called for {kind}s; enable the feature {} first, at initialisation or in handle_request",
                Features::TRAILERS
            );
            return Err(self.trap(TrapKind::Phase, message));
        }
        if let Some(value) = value {
            self.check_limits(kind, name.1, value.1)?;
        }
        let name = self.name(name)?;
        let removes = value.is_none();
        let value = match value {
            Some(range) => self.read("value", range)?,
            None => Vec::new(),
        };
        let rules = self.exchange.rules();
        let is_set = self.function != Function::RemoveHeader;
        let checks = kind == HeaderKind::Response && is_set && rules.checks_response_headers;
        if rules.validates || checks {
            self.validate(&name, &value)?;
        }
        let lower = name.to_ascii_lowercase();
        if lower != name {
            self.report(format!("the header name {name:?} is not in lower case: the Express host does not find it again; write {lower:?}"));
        }
        if kind == HeaderKind::Request && lower == HOST && rules.host_is_fixed {
            self.report("the request's host was changed: the official Go host ignores it; forward the name in another header");
            return Ok(0);
        }
        if kind.is_trailers() {
            self.report_trailer_change(kind, &lower);
        } else if kind == HeaderKind::Response && self.exchange.response.head.is_some() {
            if rules.header_after_head_traps {
                let message = "the response's head is sent already; set headers before the body";
                return Err(self.trap(TrapKind::Phase, message));
            }
            self.report(format!("the response header {name:?} was changed after the status or the first byte of the body: real hosts have sent the head by then and lose it; the order that works everywhere is headers, status, body"));
        }
        // Response headers are the server's, which knows their case; the others are plain maps.
        let exact = rules.exact_case && kind != HeaderKind::Response
            || rules.one_trailer_map && kind.is_trailers();
        if kind == HeaderKind::Request && Framing::has(lower.as_bytes()) {
            let exchange = &mut *self.exchange;
            exchange
                .sent_framing
                .get_or_insert_with(|| Box::new(Framing::of(&exchange.request.headers)));
        }
        let map = self.map_mut(kind);
        let name = if exact { name } else { lower };
        if removes {
            map.remove_exact(&name);
        } else if how == Write::Insert {
            map.insert_exact(name, value);
        } else {
            map.append_exact(name, value);
        }
        Ok(0)
    }

    /// Traps where one more header is more than the host holds.
    fn check_limits(&mut self, kind: HeaderKind, name: u32, value: u32) -> Result<(), Trap> {
        let limits = &self.exchange.settings.limits;
        let count = self.map(kind).count();
        if count >= limits.header_count {
            let message = format!(
                "the message has {count} {kind}s, the most that this host holds; write fewer, or have the host's limit raised"
            );
            return Err(self.trap(TrapKind::TooLarge, message));
        }
        let written = (name as usize).saturating_add(value as usize);
        let written = self.exchange.header_bytes.saturating_add(written);
        if written > limits.header_bytes {
            let message = format!(
                "the guest has written {written} bytes of headers, this host takes at most {}; write less, or have the host's limit raised",
                limits.header_bytes
            );
            return Err(self.trap(TrapKind::TooLarge, message));
        }
        self.exchange.header_bytes = written;
        Ok(())
    }

    fn validate(&self, name: &str, value: &[u8]) -> Result<(), Trap> {
        if !value::is_token(name.as_bytes()) {
            let message = format!(
                "found the header name {name:?}, wanted letters, digits and !#$%&'*+-.^_`|~: real hosts drop it without a word or trap"
            );
            return Err(self.trap(TrapKind::Name, message));
        }
        if !value::is_value(value) {
            let found = value::show(value);
            let message = format!(
                "found the value {found} for {name:?}, wanted one without control characters: real hosts change it, drop it or trap"
            );
            return Err(self.trap(TrapKind::Value, message));
        }
        Ok(())
    }

    fn map(&self, kind: HeaderKind) -> &Headers {
        let exchange = &*self.exchange;
        let one_map = exchange.rules().one_trailer_map;
        match kind {
            HeaderKind::Request => &exchange.request.headers,
            HeaderKind::Response => &exchange.response.headers,
            HeaderKind::RequestTrailers if !one_map => &exchange.request.trailers,
            HeaderKind::RequestTrailers | HeaderKind::ResponseTrailers => {
                &exchange.response.trailers
            }
        }
    }

    fn map_mut(&mut self, kind: HeaderKind) -> &mut Headers {
        let one_map = self.exchange.rules().one_trailer_map;
        match kind {
            HeaderKind::Request => &mut self.exchange.request.headers,
            HeaderKind::Response => self.exchange.response.headers_mut(),
            HeaderKind::RequestTrailers if !one_map => &mut self.exchange.request.trailers,
            HeaderKind::RequestTrailers | HeaderKind::ResponseTrailers => {
                &mut self.exchange.response.trailers
            }
        }
    }

    fn report_hidden_trailers(&mut self, kind: HeaderKind) {
        let hidden = match kind {
            HeaderKind::RequestTrailers => !self.exchange.request.trailers.is_empty(),
            HeaderKind::ResponseTrailers => !self.exchange.response.upstream_trailers.is_empty(),
            HeaderKind::Request | HeaderKind::Response => false,
        };
        let response = &self.exchange.response;
        if kind == HeaderKind::RequestTrailers && response.trailers != response.upstream_trailers {
            self.report("request trailers were read after a response trailer was set: the official Go host shows that one among them");
        }
        if hidden {
            self.report(format!("{kind}s were read that came with the message: the official Go host does not show them"));
        }
    }

    fn report_trailer_change(&mut self, kind: HeaderKind, name: &str) {
        if kind == HeaderKind::RequestTrailers {
            self.report(
                "a request trailer was changed: the official Go host puts it into the response",
            );
        } else if self.exchange.response.trailers.contains(name) {
            self.report(format!("the response trailer {name:?} was changed again: the official Go host keeps only the last value"));
        }
    }

    pub(super) fn get_status_code(&mut self) -> Result<u64, Trap> {
        self.check_phase(true)?;
        let status = self.exchange.response.status.unwrap_or(200);
        let status =
            if status == 0 && self.exchange.rules().skips_interim_status { 200 } else { status };
        self.result(|| status.to_string());
        Ok(status.into())
    }

    pub(super) fn set_status_code(&mut self, status: u32) -> Result<u64, Trap> {
        self.argument(|| status.to_string());
        self.check_phase(true)?;
        let rules = self.exchange.rules();
        let is_sent = self.exchange.response.head.is_some();
        let sends_head = rules.status_sends_head && !self.exchange.buffers_response();
        if value::status(status).is_none() && (rules.validates || sends_head && !is_sent) {
            let message = format!("found status code {status}, wanted 100 to 999");
            return Err(self.trap(TrapKind::Number, message));
        }
        if status < 200 {
            self.report(format!("the status {status} is an interim one: hosts send it beside the response or as the response; set a final status, 200 or above"));
        }
        if is_sent {
            self.report("the status was set after the response's head was sent, by an earlier status or the first byte of the body: it is ignored; the order that works everywhere is headers, status, body");
            return Ok(0);
        }
        if sends_head && rules.skips(status) {
            return Ok(0);
        }
        self.exchange.response.status = Some(status);
        if sends_head && self.exchange.phase == Phase::Request {
            self.exchange.response.send_head();
        }
        Ok(0)
    }
}
