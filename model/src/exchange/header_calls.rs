//! Headers, trailers and the status code.

use std::borrow::Cow;

use http_wasm_abi::{Features, Function, HeaderKind, Phase};

use super::checks::{Bytes, readable};
use super::header_map::Write;
use super::{Exchange, Framing, Headers, Trap, TrapKind, validate};

const HOST: &[u8] = b"host";

impl Exchange {
    /// The names of a header map, sorted, as `get_header_names` gives them; those that the guest has
    /// written may be in upper case on some hosts.
    pub(crate) fn header_names(&mut self, kind: HeaderKind) -> Result<Vec<&str>, Trap> {
        const GET: Function = Function::GetHeaderNames;
        self.check_headers(GET, kind)?;
        if self.lacks_trailers(GET, kind) {
            return Ok(Vec::new());
        }
        self.report_hidden_trailers(GET, kind);
        Ok(self.headers(kind).sorted_names())
    }

    /// The values of one header, as `get_header_values` gives them.
    pub(crate) fn header_values(
        &mut self,
        kind: HeaderKind,
        name: Bytes<'_>,
    ) -> Result<Vec<&[u8]>, Trap> {
        const GET: Function = Function::GetHeaderValues;
        self.check_headers(GET, kind)?;
        let name = self.header_name(GET, name)?;
        if self.lacks_trailers(GET, kind) {
            return Ok(Vec::new());
        }
        self.report_hidden_trailers(GET, kind);
        let headers = self.headers(kind);
        if kind.is_trailers() && self.rules().one_trailer_map {
            return Ok(headers.get_exact(&name).iter().map(Vec::as_slice).collect());
        }
        // Lower case is what every host looks up for a name that it was sent.
        Ok(headers.values(&lower(name)))
    }

    /// Replaces all values of a header, as `set_header_value` does.
    pub(crate) fn set_header(
        &mut self,
        kind: HeaderKind,
        name: Bytes<'_>,
        value: Bytes<'_>,
    ) -> Result<(), Trap> {
        self.change_header(Function::SetHeaderValue, kind, name, Some(value))
    }

    /// Adds a value to a header, as `add_header_value` does.
    pub(crate) fn add_header(
        &mut self,
        kind: HeaderKind,
        name: Bytes<'_>,
        value: Bytes<'_>,
    ) -> Result<(), Trap> {
        self.change_header(Function::AddHeaderValue, kind, name, Some(value))
    }

    /// Removes all values of a header, as `remove_header` does.
    pub(crate) fn remove_header(&mut self, kind: HeaderKind, name: Bytes<'_>) -> Result<(), Trap> {
        self.change_header(Function::RemoveHeader, kind, name, None)
    }

    /// Checks phase and buffering, for all header functions.
    #[inline]
    fn check_headers(&self, function: Function, kind: HeaderKind) -> Result<(), Trap> {
        self.check_phase(function, kind.is_response())?;
        if kind == HeaderKind::ResponseTrailers
            && self.rules().response_trailers_need_buffering
            && !self.buffers_response()
        {
            let message = "called for response trailers without response buffering; enable the feature buffer_response during initialisation";
            return Err(Trap::host(TrapKind::Phase, function, message));
        }
        Ok(())
    }

    /// Whether these are trailers, and the feature that they need is not enabled.
    fn needs_trailers(&self, kind: HeaderKind) -> bool {
        kind.is_trailers()
            && !self.features.contains(Features::TRAILERS)
            && self.rules().trailers_need_feature
    }

    /// Whether reading finds no trailers because the feature is not enabled; reports it.
    fn lacks_trailers(&mut self, function: Function, kind: HeaderKind) -> bool {
        let lacks = self.needs_trailers(kind);
        if lacks {
            self.report(function, format_args!(
                "{kind}s were read without the feature {}: some hosts show them, others none; enable it first, at initialisation or in handle_request",
                Features::TRAILERS
            ));
        }
        lacks
    }

    fn header_name<'a>(&self, function: Function, name: Bytes<'a>) -> Result<Cow<'a, str>, Trap> {
        let name = self.text(function, "name", name)?;
        if name.is_empty() {
            let message = "found an empty header name, wanted a token";
            return Err(Trap::host(TrapKind::Name, function, message));
        }
        Ok(name)
    }

    /// Writes a header, or removes it where there is no value.
    ///
    /// Guests write headers more often than they do anything else, and nearly all of them are names
    /// in lower case with values that can be sent. These come from the cache, or are parsed, without
    /// any further check of name and value.
    fn change_header(
        &mut self,
        function: Function,
        kind: HeaderKind,
        name: Bytes<'_>,
        value: Option<Bytes<'_>>,
    ) -> Result<(), Trap> {
        self.check_headers(function, kind)?;
        if self.needs_trailers(kind) {
            let message = format_args!(
                "called for {kind}s; enable the feature {} first, at initialisation or in handle_request",
                Features::TRAILERS
            );
            return Err(Trap::host(TrapKind::Phase, function, message));
        }
        if let Some(value) = value {
            self.count_header(function, kind, len(name).saturating_add(len(value)))?;
        }
        let replaces = kind.is_trailers() && self.rules().one_trailer_map;
        let how = if function == Function::AddHeaderValue && !replaces {
            Write::Append
        } else {
            Write::Insert
        };
        if let (Ok(name), Some(Ok(value))) = (name, value)
            && self.needs_no_check(kind, name)
        {
            let headers = match kind {
                HeaderKind::Response => &mut self.response.headers,
                _ => &mut self.request.headers,
            };
            if let Some(header) = self.header_cache.known(name, value) {
                headers.write_copy(header, how);
                return Ok(());
            }
            if let Some((name, value)) = self.header_cache.parse(name, value) {
                headers.write(name, value, how);
                return Ok(());
            }
        }
        self.change_other_header(function, kind, name, value, how)
    }

    /// Whether a change of this header is never reported, refused or ignored, if its name is in lower
    /// case and its value can be sent.
    #[inline]
    fn needs_no_check(&self, kind: HeaderKind, name: &[u8]) -> bool {
        match kind {
            HeaderKind::Request => !Framing::has(name) && !name.eq_ignore_ascii_case(HOST),
            HeaderKind::Response => self.response.head.is_none() && !Framing::has(name),
            HeaderKind::RequestTrailers | HeaderKind::ResponseTrailers => false,
        }
    }

    /// Checks name and value of any other header, and writes or removes it.
    #[inline(never)]
    fn change_other_header(
        &mut self,
        function: Function,
        kind: HeaderKind,
        name: Bytes<'_>,
        value: Option<Bytes<'_>>,
        how: Write,
    ) -> Result<(), Trap> {
        let rules = self.rules();
        let name = self.header_name(function, name)?;
        let value = value.map(|value| readable(function, value)).transpose()?;
        let is_checked =
            kind == HeaderKind::Response && value.is_some() && rules.checks_response_headers;
        if rules.validates || is_checked {
            check_header(function, &name, value.unwrap_or_default())?;
        }
        if has_upper(&name) {
            self.report(function, format_args!("the header name {name:?} is not in lower case: the Express host does not find it again; write {:?}", name.to_ascii_lowercase()));
        }
        match kind {
            HeaderKind::Request
                if rules.host_is_fixed && name.as_bytes().eq_ignore_ascii_case(HOST) =>
            {
                self.report(function, "the request's host was changed: the official Go host ignores it; forward the name in another header");
                return Ok(());
            }
            HeaderKind::Request if Framing::has(name.as_bytes()) => {
                let sent = || Box::new(Framing::of(&self.request.headers));
                self.sent_framing.get_or_insert_with(sent);
            }
            HeaderKind::Response if self.response.head.is_some() => {
                if rules.header_after_head_traps {
                    let message =
                        "the response's head is sent already; set headers before the body";
                    return Err(Trap::host(TrapKind::Phase, function, message));
                }
                self.report(function, format_args!("the response header {name:?} was changed after the status or the first byte of the body: real hosts have sent the head by then and lose it; the order that works everywhere is headers, status, body"));
            }
            HeaderKind::Response
                if self.phase == Phase::Response && Framing::has(name.as_bytes()) =>
            {
                let sent = || Box::new(Framing::of(&self.response.headers));
                self.response.sent_framing.get_or_insert_with(sent);
            }
            HeaderKind::Request | HeaderKind::Response => {}
            HeaderKind::RequestTrailers | HeaderKind::ResponseTrailers => {
                self.report_trailer_change(function, kind, &name);
            }
        }
        // Response headers are the server's, which knows their case; the others are plain maps.
        let is_exact = rules.exact_case && kind != HeaderKind::Response
            || rules.one_trailer_map && kind.is_trailers();
        let name = if is_exact { name } else { lower(name) };
        let headers = self.headers_mut(kind);
        match value {
            Some(value) => headers.write_raw(&name, value, how),
            None => _ = headers.remove_exact(&name),
        }
        Ok(())
    }

    /// Traps where one more header, of so many bytes, is more than the host holds.
    #[inline]
    fn count_header(
        &mut self,
        function: Function,
        kind: HeaderKind,
        bytes: usize,
    ) -> Result<(), Trap> {
        let limits = &self.settings.settings.limits;
        let count = self.headers(kind).count();
        if count >= limits.header_count {
            let message = format_args!(
                "the message has {count} {kind}s, the most that this host holds; write fewer, or have the host's limit raised"
            );
            return Err(Trap::host(TrapKind::TooLarge, function, message));
        }
        let written = self.header_bytes.saturating_add(bytes);
        if written > limits.header_bytes {
            let message = format_args!(
                "the guest has written {written} bytes of headers, this host takes at most {}; write less, or have the host's limit raised",
                limits.header_bytes
            );
            return Err(Trap::host(TrapKind::TooLarge, function, message));
        }
        self.header_bytes = written;
        Ok(())
    }

    fn headers(&self, kind: HeaderKind) -> &Headers {
        match kind {
            HeaderKind::Request => &self.request.headers,
            HeaderKind::Response => &self.response.headers,
            HeaderKind::RequestTrailers if !self.rules().one_trailer_map => &self.request.trailers,
            HeaderKind::RequestTrailers | HeaderKind::ResponseTrailers => &self.response.trailers,
        }
    }

    fn headers_mut(&mut self, kind: HeaderKind) -> &mut Headers {
        let one_map = self.rules().one_trailer_map;
        match kind {
            HeaderKind::Request => &mut self.request.headers,
            HeaderKind::Response => self.response.headers_mut(),
            HeaderKind::RequestTrailers if !one_map => &mut self.request.trailers,
            HeaderKind::RequestTrailers | HeaderKind::ResponseTrailers => {
                &mut self.response.trailers
            }
        }
    }

    fn report_hidden_trailers(&mut self, function: Function, kind: HeaderKind) {
        if !self.rules().reports {
            return;
        }
        let response = &self.response;
        let hides = match kind {
            HeaderKind::RequestTrailers => !self.request.trailers.is_empty(),
            HeaderKind::ResponseTrailers => !response.upstream_trailers.is_empty(),
            HeaderKind::Request | HeaderKind::Response => return,
        };
        if kind == HeaderKind::RequestTrailers && response.trailers != response.upstream_trailers {
            self.report(function, "request trailers were read after a response trailer was set: the official Go host shows that one among them");
        }
        if hides {
            self.report(function, format_args!("{kind}s were read that came with the message: the official Go host does not show them"));
        }
    }

    fn report_trailer_change(&mut self, function: Function, kind: HeaderKind, name: &str) {
        if kind == HeaderKind::RequestTrailers {
            self.report(
                function,
                "a request trailer was changed: the official Go host puts it into the response",
            );
        } else if self.response.trailers.contains(name) {
            self.report(function, format_args!("the response trailer {name:?} was changed again: the official Go host keeps only the last value"));
        }
    }

    /// The status code of the response, as `get_status_code` gives it.
    pub(crate) fn status(&self) -> Result<u32, Trap> {
        self.check_phase(Function::GetStatusCode, true)?;
        let status = self.response.status.unwrap_or(200);
        Ok(if status == 0 && self.rules().skips_interim_status { 200 } else { status })
    }

    /// Sets the status code of the response, as `set_status_code` does; on some hosts that sends the
    /// head.
    pub(crate) fn set_status(&mut self, status: u32) -> Result<(), Trap> {
        const SET: Function = Function::SetStatusCode;
        self.check_phase(SET, true)?;
        let rules = self.rules();
        let is_sent = self.response.head.is_some();
        let sends_head = rules.status_sends_head && !self.buffers_response();
        if validate::status(status).is_none() && (rules.validates || sends_head && !is_sent) {
            let message = format_args!("found status code {status}, wanted 100 to 999");
            return Err(Trap::host(TrapKind::Number, SET, message));
        }
        if status < 200 {
            self.report(SET, format_args!("the status {status} is an interim one: hosts send it beside the response or as the response; set a final status, 200 or above"));
        }
        if is_sent {
            self.report(SET, "the status was set after the response's head was sent, by an earlier status or the first byte of the body: it is ignored; the order that works everywhere is headers, status, body");
            return Ok(());
        }
        if sends_head && rules.skips(status) {
            return Ok(());
        }
        self.response.status = Some(status);
        if sends_head && self.phase == Phase::Request {
            self.response.send_head();
        }
        Ok(())
    }
}

/// How long an argument is, whether or not it can be read.
fn len(bytes: Bytes<'_>) -> usize {
    bytes.map_or_else(|outside| outside.len as usize, <[u8]>::len)
}

fn has_upper(name: &str) -> bool {
    name.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn lower(mut name: Cow<'_, str>) -> Cow<'_, str> {
    if has_upper(&name) {
        name.to_mut().make_ascii_lowercase();
    }
    name
}

fn check_header(function: Function, name: &str, value: &[u8]) -> Result<(), Trap> {
    if !validate::is_token(name.as_bytes()) {
        let message = format_args!(
            "found the header name {name:?}, wanted letters, digits and !#$%&'*+-.^_`|~: real hosts drop it without a word or trap"
        );
        return Err(Trap::host(TrapKind::Name, function, message));
    }
    if !validate::is_value(value) {
        let found = validate::show(value);
        let message = format_args!(
            "found the value {found} for {name:?}, wanted one without control characters: real hosts change it, drop it or trap"
        );
        return Err(Trap::host(TrapKind::Value, function, message));
    }
    Ok(())
}
