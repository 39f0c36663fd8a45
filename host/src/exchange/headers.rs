//! Headers, trailers and the status code.

use http_wasm_abi::{Features, HeaderKind, Phase};

use super::call::Call;
use super::{Headers, Trap, TrapKind, value};

const HOST: &str = "host";

impl Call<'_> {
    pub(super) fn get_header_names(
        &mut self,
        kind: u32,
        buf: u64,
        limit: u32,
    ) -> Result<u64, Trap> {
        let kind = self.begin(kind)?;
        self.report_hidden_trailers(kind);
        let names: Vec<_> =
            self.map(kind).names().map(|name| name.to_ascii_lowercase().into_bytes()).collect();
        self.give_list(buf, limit, &names)
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
        self.report_hidden_trailers(kind);
        // `get` looks up lower case, which is what every host does with a name that it was sent.
        let map = self.map(kind);
        let exact = kind.is_trailers() && self.exchange.rules().one_trailer_map;
        let values = if exact { map.get_exact(&name) } else { map.get(&name) }.to_vec();
        self.give_list(buf, limit, &values)
    }

    pub(super) fn set_header_value(
        &mut self,
        kind: u32,
        name: (u64, u32),
        value: (u64, u32),
    ) -> Result<u64, Trap> {
        self.change(kind, name, Some(value), |headers, name, value| {
            headers.insert_exact(name, value);
        })
    }

    pub(super) fn add_header_value(
        &mut self,
        kind: u32,
        name: (u64, u32),
        value: (u64, u32),
    ) -> Result<u64, Trap> {
        let replaces = self.exchange.rules().one_trailer_map
            && HeaderKind::from_bits(kind).is_some_and(HeaderKind::is_trailers);
        self.change(kind, name, Some(value), |headers, name, value| {
            if replaces {
                headers.insert_exact(name, value);
            } else {
                headers.append_exact(name, value);
            }
        })
    }

    pub(super) fn remove_header(&mut self, kind: u32, name: (u64, u32)) -> Result<u64, Trap> {
        self.change(kind, name, None, |headers, name, _| {
            headers.remove_exact(&name);
        })
    }

    /// What all header functions begin with.
    fn begin(&mut self, kind: u32) -> Result<HeaderKind, Trap> {
        let kind = self.header_kind(kind)?;
        self.check_phase(kind.is_response())?;
        let enabled = self.exchange.features.contains(Features::TRAILERS);
        if kind.is_trailers() && !enabled && self.exchange.rules().trailers_need_feature {
            let message = format!(
                "called for {kind}s; enable the feature {} first, at initialisation or in handle_request",
                Features::TRAILERS
            );
            return Err(self.trap(TrapKind::Phase, message));
        }
        if kind == HeaderKind::ResponseTrailers
            && self.exchange.rules().response_trailers_need_buffering
            && !self.exchange.buffers_response()
        {
            let message = "called for response trailers without response buffering; enable the feature buffer_response during initialisation";
            return Err(self.trap(TrapKind::Phase, message));
        }
        Ok(kind)
    }

    fn name(&mut self, range: (u64, u32)) -> Result<String, Trap> {
        let name = self.read_text("name", range)?;
        if name.is_empty() {
            return Err(self.trap(TrapKind::Name, "found an empty header name, wanted a token"));
        }
        Ok(name)
    }

    fn change(
        &mut self,
        kind: u32,
        name: (u64, u32),
        value: Option<(u64, u32)>,
        apply: impl FnOnce(&mut Headers, String, Vec<u8>),
    ) -> Result<u64, Trap> {
        let kind = self.begin(kind)?;
        let name = self.name(name)?;
        let value = match value {
            Some(range) => self.read("value", range)?,
            None => Vec::new(),
        };
        let rules = self.exchange.rules();
        if rules.validates || kind == HeaderKind::Response && rules.checks_response_headers {
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
        apply(self.map_mut(kind), if exact { name } else { lower }, value);
        Ok(0)
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
            HeaderKind::Response => &mut self.exchange.response.headers,
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
        let status = self.exchange.response.status.filter(|&status| status != 0).unwrap_or(200);
        self.result(|| status.to_string());
        Ok(status.into())
    }

    pub(super) fn set_status_code(&mut self, status: u32) -> Result<u64, Trap> {
        self.argument(|| status.to_string());
        self.check_phase(true)?;
        let rules = self.exchange.rules();
        let unbuffered = !self.exchange.buffers_response();
        if value::status(status).is_none() && (rules.validates || unbuffered) {
            let message = format!("found status code {status}, wanted 100 to 999");
            return Err(self.trap(TrapKind::Number, message));
        }
        if status < 200 {
            self.report(format!("the status {status} is an interim one: hosts send it beside the response or as the response; set a final status, 200 or above"));
        }
        if self.exchange.response.head.is_some() {
            self.report("the status was set after the response's head was sent, by an earlier status or the first byte of the body: it is ignored; the order that works everywhere is headers, status, body");
            return Ok(0);
        }
        self.exchange.response.status = Some(status);
        if rules.status_sends_head && unbuffered && self.exchange.phase == Phase::Request {
            self.exchange.response.send_head();
        }
        Ok(0)
    }
}
